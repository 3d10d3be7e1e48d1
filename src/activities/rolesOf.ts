import type { Assignment, ClusterFacts, PrincipalFacts } from "../domain/facts.ts";
import { isRegistry, type PullModes } from "../domain/homeRegistries.ts";
import { pullModesById, pullModesOf } from "../domain/roles.ts";
import { planRoles, subscriptionsOf, type RolesPlan } from "../domain/rolesPlan.ts";
import type { Needs } from "./world.ts";

type Read = {
  readonly roles: RolesPlan;
  /** What of the principal's roles could not be seen, besides places that the plan names; null when all was. */
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
  const near = subscriptionsOf(cluster);
  const { assignments, hidden } = await roles.assignmentsOf(tenantId, [objectId, ...groups.ids], near);
  const elsewhere = hidden.filter((id) => !near.includes(id.toLowerCase()));
  const unseen = [
    ...(elsewhere.length === 0 ? [] : [`our identity may not read roles in subscription ${elsewhere.join(", ")}`]),
    ...(groups.unseen === null ? [] : [groups.unseen]),
  ];
  const modes = await pullModes(tenantId, assignments, roles);
  return {
    roles: planRoles(cluster, objectId, assignments, hidden, modes),
    incomplete: unseen.length === 0 ? null : unseen.join("; "),
  };
}

/** Each role that is held at a registry is read once: whoever pulls may do so by other roles than those for pulling. */
async function pullModes(
  tenantId: string,
  assignments: readonly Assignment[],
  roles: Needs<"roles">["roles"],
): Promise<PullModes> {
  const ids = new Set(assignments.flatMap(({ scope, roleDefinitionId: id }) => (isRegistry(scope) ? [id] : [])));
  const read = await Promise.all([...ids].map(async (id) => [id, await roles.role(tenantId, id)] as const));
  const known = new Map(read.flatMap(([id, role]) => (role.outcome === "known" ? [[id, role.value] as const] : [])));
  return (id) => {
    const role = known.get(id);
    return role ? pullModesOf(role) : pullModesById(id);
  };
}
