import type { ClusterFacts, PrincipalFacts } from "../domain/facts.ts";
import { planRoles, subscriptionsOf, type RolesPlan } from "../domain/rolesPlan.ts";
import type { Needs } from "./world.ts";

type Read = {
  readonly roles: RolesPlan;
  /** What of the principal's roles could not be seen; null when all was. */
  readonly incomplete: string | null;
};

/** Reads what the service principal that a cluster uses now may do, also through its groups, and judges which of it the cluster needs. */
export async function rolesOf(
  tenantId: string,
  cluster: ClusterFacts,
  { objectId }: PrincipalFacts,
  { directory, roles }: Needs<"directory" | "roles">,
): Promise<Read> {
  const groups = await directory.groupsOf(tenantId, objectId);
  const holders = [objectId, ...(groups.outcome === "known" ? groups.value : [])];
  const { assignments, incomplete } = await roles.assignmentsOf(tenantId, holders, subscriptionsOf(cluster));
  const unseen = [
    incomplete,
    groups.outcome === "unknown" ? `its groups could not be read: ${groups.detail}` : null,
  ].filter((words) => words !== null);
  return {
    roles: planRoles(cluster, objectId, assignments),
    incomplete: unseen.length === 0 ? null : unseen.join("; "),
  };
}
