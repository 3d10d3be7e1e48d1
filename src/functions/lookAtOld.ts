import { rolesOf } from "../activities/rolesOf.ts";
import type { Needs } from "../activities/world.ts";
import type { ClusterFacts, InTenant, Unreadable } from "../domain/facts.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import { planRoles, type RoleCopy } from "../domain/rolesPlan.ts";
import type { CopyPermissions, OldPrincipal } from "../domain/rules/rule.ts";

type World = Needs<"directory" | "roles">;

/** The service principal the cluster uses now, with its roles; null where it is ours already, or none. */
export async function lookAtOld(
  { tenantId }: InTenant,
  facts: ClusterFacts | Unreadable,
  identity: PullIdentity | undefined,
  { directory, roles }: World,
): Promise<OldPrincipal | null> {
  if (facts.outcome !== "found" || facts.clientId.toLowerCase() === "msi") return null;
  if (identity?.appId?.toLowerCase() === facts.clientId.toLowerCase()) return null;
  const principal = await directory.findServicePrincipal(tenantId, facts.clientId);
  if (principal.outcome !== "found")
    return { principal, roles: planRoles(facts, "", []), incomplete: null, copyPermissions: [] };
  const { roles: plan, incomplete } = await rolesOf(tenantId, facts, principal, { directory, roles });
  const copyPermissions = await Promise.all(
    placesOf(plan.copies).map(async ({ scope, assignmentIds }): Promise<CopyPermissions> => {
      const permissions = await roles.permissionsAt(tenantId, scope);
      return { scope, assignmentIds, permissions };
    }),
  );
  return { principal, roles: plan, incomplete, copyPermissions };
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
