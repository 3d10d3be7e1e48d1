import { rolesOf } from "../activities/rolesOf.ts";
import type { Needs } from "../activities/world.ts";
import type { ClusterFacts, InTenant, Unreadable } from "../domain/facts.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import { planRoles, type RoleCopy } from "../domain/rolesPlan.ts";
import { subscriptionOf } from "../azure/assignmentLists.ts";
import { isManaged } from "../domain/rules/cluster.ts";
import { mayAssign } from "../domain/rules/oldPrincipal.ts";
import type { CopyPermissions, OldPrincipal } from "../domain/rules/rule.ts";

type World = Needs<"directory" | "roles">;

/** The service principal the cluster uses now, with its roles; null where it is ours already, or none. */
export async function lookAtOld(
  { tenantId }: InTenant,
  facts: ClusterFacts | Unreadable,
  identity: PullIdentity | undefined,
  { directory, roles }: World,
): Promise<OldPrincipal | null> {
  if (facts.outcome !== "found" || isManaged(facts)) return null;
  if (identity?.appId?.toLowerCase() === facts.clientId.toLowerCase()) return null;
  const principal = await directory.findServicePrincipal(tenantId, facts.clientId);
  if (principal.outcome !== "found")
    return { principal, roles: planRoles(facts, "", []), incomplete: null, copyPermissions: [] };
  const { roles: plan, incomplete } = await rolesOf(tenantId, facts, principal, { directory, roles });
  const copyPermissions = await Promise.all(
    bySubscription(placesOf(plan.copies)).map((places) => permissionsAt(tenantId, places, roles)),
  );
  return { principal, roles: plan, incomplete, copyPermissions: copyPermissions.flat() };
}

/** A right to the subscription holds at all its places: for more than one of them that is asked first. */
async function permissionsAt(
  tenantId: string,
  places: readonly Place[],
  roles: World["roles"],
): Promise<readonly CopyPermissions[]> {
  const subscriptionId = subscriptionOf(places[0]?.scope ?? "");
  if (subscriptionId !== "" && places.length > 1) {
    const permissions = await roles.permissionsAt(tenantId, `/subscriptions/${subscriptionId}`);
    if (permissions.outcome === "known" && mayAssign(permissions.value))
      return places.map((place) => ({ ...place, permissions }));
  }
  return Promise.all(
    places.map(async (place) => ({ ...place, permissions: await roles.permissionsAt(tenantId, place.scope) })),
  );
}

type Place = Pick<CopyPermissions, "scope" | "assignmentIds">;

function placesOf(copies: readonly RoleCopy[]): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { scope, assignmentId } of copies) {
    const key = scope.toLowerCase();
    const place = places.get(key) ?? { scope, assignmentIds: [] };
    places.set(key, { scope: place.scope, assignmentIds: [...place.assignmentIds, assignmentId] });
  }
  return [...places.values()];
}

function bySubscription(places: readonly Place[]): readonly (readonly Place[])[] {
  const groups = Object.groupBy(places, ({ scope }) => subscriptionOf(scope).toLowerCase());
  return Object.values(groups).map((group = []) => group);
}
