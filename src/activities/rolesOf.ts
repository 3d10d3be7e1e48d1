import type { Assignment, ClusterFacts, PrincipalFacts } from "../domain/facts.ts";
import { isRegistry, type PullModes } from "../domain/homeRegistries.ts";
import { pullModesById, pullModesOf, sameCondition } from "../domain/roles.ts";
import { planRoles, subscriptionsOf, type RoleCopy, type RolesPlan } from "../domain/rolesPlan.ts";
import { lastPart } from "../domain/scopes.ts";
import type { Needs } from "./world.ts";

type Read = {
  readonly roles: RolesPlan;
  /** What of the principal's roles could not be seen, besides places that the plan names; null when all was. */
  readonly incomplete: string | null;
  /** How many of the copies the pull identity has already. */
  readonly copied: number;
};

/**
 * Reads what the service principal that a cluster uses now may do, also through its groups, and judges which of it the
 * cluster needs. `ourId`: the pull identity's service principal, where there is one.
 */
export async function rolesOf(
  tenantId: string,
  cluster: ClusterFacts,
  { objectId }: PrincipalFacts,
  { directory, roles }: Needs<"directory" | "roles">,
  ourId?: string,
): Promise<Read> {
  const groups = await directory.groupsOf(tenantId, objectId);
  const near = subscriptionsOf(cluster);
  const holders = [objectId, ...groups.ids];
  const { assignments: all, hidden } = await roles.assignmentsOf(tenantId, ourId ? [...holders, ourId] : holders, near);
  const isOurs = ({ principalId }: Assignment): boolean => principalId.toLowerCase() === ourId?.toLowerCase();
  const assignments = all.filter((one) => !isOurs(one));
  const elsewhere = hidden.filter((id) => !near.includes(id.toLowerCase()));
  const unseen = [
    ...(elsewhere.length === 0 ? [] : [`our identity may not read roles in subscription ${elsewhere.join(", ")}`]),
    ...(groups.unseen === null ? [] : [groups.unseen]),
  ];
  const modes = await pullModes(tenantId, assignments, roles);
  const plan = planRoles(cluster, objectId, assignments, hidden, modes);
  return {
    roles: plan,
    copied: plan.copies.filter((copy) => all.some((one) => isOurs(one) && isCopy(one, copy))).length,
    incomplete: unseen.length === 0 ? null : unseen.join("; "),
  };
}

/** One without a condition gives all that a copy would give. */
function isCopy({ scope, roleDefinitionId, condition }: Assignment, copy: RoleCopy): boolean {
  const isSameRole = lastPart(roleDefinitionId) === lastPart(copy.roleDefinitionId);
  const isSamePlace = scope.toLowerCase() === copy.scope.toLowerCase();
  return isSameRole && isSamePlace && (condition === null || sameCondition(condition, copy.condition));
}

/** Each role that is held at a registry is read once: whoever pulls may do so by other roles than those for pulling. */
async function pullModes(
  tenantId: string,
  assignments: readonly Assignment[],
  roles: Needs<"roles">["roles"],
): Promise<PullModes> {
  const ids = new Set(assignments.flatMap(({ scope, roleDefinitionId: id }) => (isRegistry(scope) ? [id] : [])));
  const read = await Promise.all(
    [...ids].map(async (id) => {
      const role = await roles.role(tenantId, id);
      return [id, role.outcome === "known" ? pullModesOf(role.value) : pullModesById(id)] as const;
    }),
  );
  const modes = new Map(read);
  return (id) => modes.get(id) ?? pullModesById(id);
}
