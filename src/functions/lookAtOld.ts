import { rolesOf } from "../activities/rolesOf.ts";
import type { Needs } from "../activities/world.ts";
import { notAsked } from "../domain/assigning.ts";
import type { ClusterFacts, InTenant, PrincipalFacts, Unreadable } from "../domain/facts.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import { planRoles, type RoleCopy } from "../domain/rolesPlan.ts";
import { subscriptionOf } from "../azure/assignmentLists.ts";
import { isManaged } from "../domain/rules/cluster.ts";
import type { CopyRight, OldPrincipal } from "../domain/rules/rule.ts";

type World = Needs<"directory" | "roles">;
/** The pull identity, and its service principal in the cluster's tenant as it was found now. */
type Ours = {
  readonly identity: PullIdentity | undefined;
  readonly ours: PrincipalFacts | Unreadable | undefined;
  /** Deny assignments are asked for too. */
  readonly asksAll: boolean;
};

/**
 * The service principal the cluster uses now, with its roles; null where it is ours already, or none. Ours that somebody
 * deleted is made anew without the roles that the deleted one had: then it is one that the cluster leaves, as any other.
 */
export async function lookAtOld(
  { tenantId }: InTenant,
  facts: ClusterFacts | Unreadable,
  { identity, ours, asksAll }: Ours,
  { directory, roles }: World,
): Promise<OldPrincipal | null> {
  if (facts.outcome !== "found" || isManaged(facts)) return null;
  const isOurs = identity?.appId?.toLowerCase() === facts.clientId.toLowerCase();
  if (isOurs && ours?.outcome !== "missing") return null;
  const principal = isOurs && ours ? ours : await directory.findServicePrincipal(tenantId, facts.clientId);
  if (principal.outcome !== "found")
    return { principal, roles: planRoles(facts, "", []), incomplete: null, copyRights: [], copied: 0 };
  const ourId = ours?.outcome === "found" ? ours.objectId : undefined;
  const read = await rolesOf(tenantId, facts, principal, { directory, roles }, ourId);
  const copyRights = await Promise.all(
    bySubscription(placesOf(read.roles.copies)).map((places) => rightsAt(tenantId, places, roles, asksAll)),
  );
  return { ...read, principal, copyRights: copyRights.flat() };
}

/** All of one subscription. */
async function rightsAt(
  tenantId: string,
  places: readonly Place[],
  roles: World["roles"],
  asksAll: boolean,
): Promise<readonly CopyRight[]> {
  const scopes = places.map(({ scope }) => scope);
  const [conditions, denials] = await Promise.all([
    roles.assignConditions(tenantId, scopes),
    asksAll ? roles.denials(tenantId, scopes) : [],
  ]);
  return places.map((place, index) => ({
    ...place,
    conditions: conditions[index] ?? notAsked,
    denials: asksAll ? (denials[index] ?? notAsked) : null,
  }));
}

type Place = Pick<CopyRight, "scope" | "copies">;

function placesOf(copies: readonly RoleCopy[]): readonly Place[] {
  const places = new Map<string, Place>();
  for (const copy of copies) {
    const key = copy.scope.toLowerCase();
    const place = places.get(key) ?? { scope: copy.scope, copies: [] };
    places.set(key, { scope: place.scope, copies: [...place.copies, copy] });
  }
  return [...places.values()];
}

function bySubscription(places: readonly Place[]): readonly (readonly Place[])[] {
  const groups = Object.groupBy(places, ({ scope }) => subscriptionOf(scope).toLowerCase());
  return Object.values(groups).map((group = []) => group);
}
