import type { Assignment } from "../domain/facts.ts";
import { asking } from "./asking.ts";
import type { AssignmentsSeen } from "./clients.ts";
import { isForbidden } from "./errors.ts";
import { guid } from "./guid.ts";
import { bare, type Rbac } from "./rbac.ts";
import { listAll, type AskRest } from "./rest.ts";

export type Listing = { readonly arm: AskRest; readonly rbac: Rbac; readonly tenantId: string };

/** Above this the index over all subscriptions is asked first, and only those it names are read themselves. */
const mostSubscriptionsReadOneByOne = 20;
const atOnce = 6;

/** A principal's assignments at a scope, above it and below it; `hidden` where we may not look. */
export function assignmentsAt(
  listing: Listing,
  scope: string,
  principalId: string,
): Promise<readonly Assignment[] | "hidden"> {
  return assignmentsBy(listing, scope, `principalId eq '${guid(principalId)}'`, `the roles of ${principalId}`);
}

/** The same by any filter that ARM knows. `what` in words. */
export function assignmentsBy(
  { rbac, tenantId }: Listing,
  scope: string,
  filter: string,
  what: string,
): Promise<readonly Assignment[] | "hidden"> {
  return asking<readonly Assignment[], "hidden">(
    { what: `list ${what} at ${scope}`, repeatable: true },
    async (abortSignal) => {
      const { roleAssignments } = await rbac(tenantId);
      const found: Assignment[] = [];
      for await (const one of roleAssignments.listForScope(bare(scope), { filter, abortSignal })) {
        found.push(assignmentOf({ ...one }));
      }
      return found;
    },
    (failure) => (isForbidden(failure) || failure.status === 404 ? "hidden" : undefined),
  );
}

/** Everything a principal and its groups have, wherever we can look. */
export async function assignmentsEverywhere(
  listing: Listing,
  principalIds: readonly string[],
  near: readonly string[],
): Promise<AssignmentsSeen> {
  const visible = await subscriptions(listing);
  const known = distinct([...near, ...visible]);
  const isMany = known.length > mostSubscriptionsReadOneByOne;
  const indexed = isMany ? await indexedAssignments(listing, principalIds) : undefined;
  const named = (indexed ?? []).map(({ scope }) => subscriptionOf(scope));
  const toRead = indexed ? distinct([...near, ...named]).filter((id) => id !== "") : known;
  const pairs = toRead.flatMap((id) => principalIds.map((principalId) => ({ id, principalId })));
  const lists = await inTurns(pairs, ({ id, principalId }) =>
    assignmentsAt(listing, `/subscriptions/${guid(id)}`, principalId),
  );
  const closed = distinct(pairs.filter((_pair, place) => lists[place] === "hidden").map(({ id }) => id));
  const assignments = new Map<string, Assignment>();
  for (const one of [...(indexed ?? []), ...lists.flatMap((list) => (list === "hidden" ? [] : list))]) {
    assignments.set(one.id.toLowerCase(), one);
  }
  return {
    assignments: [...assignments.values()],
    seen: known.filter((id) => !closed.includes(id)),
    hidden: closed,
  };
}

/** The subscriptions in which we have any right. */
function subscriptions({ arm, tenantId }: Listing): Promise<readonly string[]> {
  return asking(
    { what: `list the subscriptions of tenant ${tenantId}`, repeatable: true },
    async (signal) => {
      const found = await listAll(arm, tenantId, { to: "/subscriptions?api-version=2022-12-01", signal });
      return found.flatMap(({ subscriptionId }) => (typeof subscriptionId === "string" ? [subscriptionId] : []));
    },
    (failure) => (isForbidden(failure) ? [] : undefined),
  );
}

type Row = Readonly<Record<string, unknown>>;

/** Resource Graph, page by page. undefined where it does not answer us. Lags behind ARM by seconds to minutes. */
function indexedAssignments(
  { arm, tenantId }: Listing,
  principalIds: readonly string[],
): Promise<readonly Assignment[] | undefined> {
  const principals = principalIds.map((id) => `'${guid(id)}'`).join(", ");
  const query =
    "authorizationresources | where type =~ 'microsoft.authorization/roleassignments' " +
    `| where tostring(properties.principalId) in~ (${principals}) | project id, properties`;
  return asking<readonly Assignment[], "hidden">(
    { what: `find the roles of ${principalIds.join(", ")}`, repeatable: true },
    async (signal) => {
      const found: Assignment[] = [];
      let skipToken: string | undefined;
      do {
        const options = { resultFormat: "objectArray", ...(skipToken ? { $skipToken: skipToken } : {}) };
        const to = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01";
        const { body } = await arm(tenantId, { method: "POST", to, body: { query, options }, signal });
        const { data, $skipToken } = (body ?? {}) as { data?: readonly Row[]; $skipToken?: string };
        found.push(...(data ?? []).map(({ id, properties }) => assignmentOf({ ...(properties ?? {}), id })));
        skipToken = $skipToken;
      } while (skipToken);
      return found;
    },
    (failure) => (failure.status >= 400 ? "hidden" : undefined),
  ).then((answer) => (answer === "hidden" ? undefined : answer));
}

function assignmentOf({ id, scope, principalId, roleDefinitionId, condition, conditionVersion }: Row): Assignment {
  const isWhole = [id, scope, principalId, roleDefinitionId].every((part) => typeof part === "string");
  if (!isWhole) throw new Error("ARM answered with half a role assignment");
  return {
    id: String(id),
    scope: String(scope),
    principalId: String(principalId),
    roleDefinitionId: String(roleDefinitionId),
    condition: typeof condition === "string" && condition !== "" ? condition : null,
    conditionVersion: typeof conditionVersion === "string" ? conditionVersion : null,
  };
}

/** "" above the subscriptions. */
export function subscriptionOf(id: string): string {
  return /^\/?subscriptions\/([^/]+)/i.exec(id)?.[1] ?? "";
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Set(ids.map((id) => id.toLowerCase()))];
}

/** As many at once as ARM bears well. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(work))));
  }
  return results;
}
