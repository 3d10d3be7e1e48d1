import type { AssignConditions, Assignment, Denial, Known } from "../domain/facts.ts";
import { assignWrite, permits, type Permission } from "../domain/roles.ts";
import { covers, lastPart } from "../domain/scopes.ts";
import { authorization } from "./arm.ts";
import { asking } from "./asking.ts";
import { assignmentsBy, subscriptionOf, type Listing } from "./assignmentLists.ts";
import type { Roles } from "./clients.ts";
import { unknownBy } from "./errors.ts";
import { guid } from "./guid.ts";
import { listAll } from "./rest.ts";

export type OurNeeds = Listing & Pick<Roles, "role" | "permissions"> & { readonly ourId: string };

/** Built-in roles that most identities have, and whether they let assign roles: the same in every tenant. Others are read. */
const builtIn: Readonly<Record<string, boolean>> = {
  "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": true,
  "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": true,
  "f58310d9-a9f6-439a-9e8d-f62e7b41a168": true,
  "b24988ac-6180-42a0-ab88-20f7382dd24c": false,
  "acdd72a7-3385-48ef-bd42-f606fba81ae7": false,
};

/** Azure shows conditions on our assignments alone, not with our permissions. For several places the subscription is asked. */
export async function assignConditions(
  needs: OurNeeds,
  places: readonly string[],
): Promise<readonly Known<AssignConditions>[]> {
  const filter = `assignedTo('${guid(needs.ourId)}')`;
  const own = await assignmentsBy(needs, scopeOf(places), filter, "our own roles");
  if (own === "hidden" && places.length > 1)
    return (await Promise.all(places.map((place) => assignConditions(needs, [place])))).flat();
  return Promise.all(places.map((place) => conditionsAt(needs, place, own === "hidden" ? [] : own)));
}

async function conditionsAt(
  needs: OurNeeds,
  place: string,
  own: readonly Assignment[],
): Promise<Known<AssignConditions>> {
  const covering = own.filter(({ scope }) => covers(scope, place));
  const isWhole = covering.some((one) => one.condition === null && builtIn[lastPart(one.roleDefinitionId)]);
  if (isWhole) return { outcome: "known", value: [null] };
  const read = await Promise.all(
    covering.map(async ({ roleDefinitionId, condition }) => ({
      condition,
      gives: await letsAssign(needs, roleDefinitionId),
    })),
  );
  const hidden = read.map(({ gives }) => gives).find((gives) => gives.outcome === "unknown");
  if (hidden) return hidden;
  const value = read.filter(({ gives }) => gives.outcome === "known" && gives.value).map(({ condition }) => condition);
  return value.length > 0 ? { outcome: "known", value } : byPermissions(needs, place);
}

async function letsAssign({ role, tenantId }: OurNeeds, roleDefinitionId: string): Promise<Known<boolean>> {
  const value = builtIn[lastPart(roleDefinitionId)];
  if (value !== undefined) return { outcome: "known", value };
  const found = await role(tenantId, roleDefinitionId);
  return found.outcome === "unknown"
    ? found
    : { outcome: "known", value: permits(found.value.permissions, assignWrite) };
}

/** No role of ours that is seen gives it: the sum of our rights tells whether there is another. */
async function byPermissions({ permissions, tenantId }: OurNeeds, place: string): Promise<Known<AssignConditions>> {
  const held = await permissions(tenantId, place);
  if (held.outcome === "unknown") return held;
  if (!permits(held.value, assignWrite)) return { outcome: "known", value: [] };
  return { outcome: "unknown", detail: "our right comes from a role that is not shown, and so may its condition" };
}

/** Deny assignments that may forbid us to assign roles at these places. */
export async function denials(
  needs: OurNeeds,
  places: readonly string[],
): Promise<readonly Known<readonly Denial[]>[]> {
  const scope = scopeOf(places);
  const filter = places.length > 1 ? "" : `&$filter=${encodeURIComponent("atScope()")}`;
  const found = await asking<Known<readonly Denial[]>, Known<never>>(
    { what: `list the deny assignments at ${scope}`, repeatable: true },
    async (signal) => {
      const to = `${scope}/${authorization}/denyAssignments?api-version=2022-04-01${filter}`;
      const listed = await listAll(needs.arm, needs.tenantId, { to, signal });
      return { outcome: "known", value: listed.flatMap((one) => denialOf(one as Listed, needs.ourId)) };
    },
    unknownBy,
  );
  if (found.outcome === "unknown" && places.length > 1)
    return (await Promise.all(places.map((place) => denials(needs, [place])))).flat();
  return places.map((place) =>
    found.outcome === "unknown" ? found : { outcome: "known", value: found.value.filter((one) => holdsAt(one, place)) },
  );
}

function scopeOf(places: readonly string[]): string {
  const [first = ""] = places;
  return places.length > 1 ? `/subscriptions/${guid(subscriptionOf(first))}` : first;
}

function holdsAt({ scope, onlyHere }: Denial, place: string): boolean {
  return covers(scope, place) && (!onlyHere || covers(place, scope));
}

type Party = { readonly id?: string; readonly type?: string };
type Listed = {
  readonly id?: string;
  readonly properties?: {
    readonly scope?: string;
    readonly permissions?: readonly (Partial<Permission> & { readonly condition?: string | null })[];
    readonly principals?: readonly Party[];
    readonly excludePrincipals?: readonly Party[];
    readonly doNotApplyToChildScopes?: boolean;
    readonly condition?: string | null;
  };
};
const everyone = "00000000-0000-0000-0000-000000000000";

/** What is not against us is left out. Whether we are in a group, or a condition is met, is not known. */
function denialOf({ id = "", properties = {} }: Listed, ourId: string): readonly Denial[] {
  const { scope = "", permissions = [], principals = [], excludePrincipals = [] } = properties;
  const forbidding = permissions.filter(({ actions = [], notActions = [] }) =>
    permits([{ actions, notActions }], assignWrite),
  );
  const isUs = (party: Party): boolean => party.id?.toLowerCase() === ourId.toLowerCase();
  const isNamed = principals.some((party) => isUs(party) || party.id === everyone);
  const mayBeNamed = isNamed || principals.some(({ type }) => type === "Group");
  if (forbidding.length === 0 || !mayBeNamed || excludePrincipals.some(isUs)) return [];
  const isConditioned = Boolean(properties.condition) || forbidding.every(({ condition }) => condition);
  const isCertain = isNamed && !isConditioned && !excludePrincipals.some(({ type }) => type === "Group");
  return [{ id, scope, onlyHere: properties.doNotApplyToChildScopes ?? false, isCertain }];
}
