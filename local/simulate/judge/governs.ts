import type { Dump } from "./evidence.ts";
import { isWithin, same } from "./names.ts";

/** What stands above roles and refuses to change a resource, or to make a role assignment at it. */
export function forbids({ arm }: Dump, resourceId: string): string | undefined {
  const concerns = (scope: string): boolean => isWithin(resourceId, scope) || isNodeGroupOf(scope, resourceId);
  const lock = arm.locks.find(({ scope, level }) => level === "ReadOnly" && concerns(scope));
  if (lock) return `the lock ${lock.name}`;
  const denial = arm.denyAssignments.find(({ scope }) => concerns(scope));
  if (denial) return `the deny assignment ${denial.name}`;
  const policy = arm.policyAssignments.find(
    ({ scope, policyDefinitionId }) => isWithin(resourceId, scope) && !changesOnly(policyDefinitionId),
  );
  if (policy) return `the policy ${policy.name}`;
  if (arm.fullScopes.some((scope) => same(scope, resourceId))) return "no more role assignments are taken there";
  if (arm.oldVersionsOnly.some((id) => same(id, resourceId))) return "its region does not have the newest api-version";
  return undefined;
}

/** `/subscriptions/S/resourceGroups/MC_GROUP_CLUSTER_REGION`: where the cluster's nodes are, and what it lives on. */
function isNodeGroupOf(scope: string, resourceId: string): boolean {
  const match = /^(\/subscriptions\/[^/]+\/resourcegroups\/)([^/]+)\/.*\/managedclusters\/([^/]+)$/i.exec(resourceId);
  if (!match) return false;
  const [, before = "", group = "", name = ""] = match;
  return scope.toLowerCase().startsWith(`${before}MC_${group}_${name}_`.toLowerCase());
}

/** Microsoft's "Configure container registries to disable ARM audience token authentication" rewrites, and refuses nothing. */
function changesOnly(policyDefinitionId: string): boolean {
  return policyDefinitionId.toLowerCase().endsWith("/785596ed-054f-41bc-aaec-7f3d0ba05725");
}
