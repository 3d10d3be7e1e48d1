import type { Dump } from "./dump.ts";
import { same } from "./names.ts";
import { isBelow } from "./rights.ts";

/** What stands above roles and refuses to change a resource, or to make a role assignment at it. */
export function forbids(dump: Dump, resourceId: string): string | undefined {
  const { arm } = dump;
  const concerns = ({ scope }: { readonly scope: string }): boolean => isBelow(resourceId, scope, dump);
  const lock = arm.locks.find((one) => one.level === "ReadOnly" && concerns(one));
  if (lock) return `the lock ${lock.name}`;
  const denial = arm.denyAssignments.find(concerns);
  if (denial) return `the deny assignment ${denial.name}`;
  const policy = arm.policyAssignments.find((one) => one.effect === "deny" && concerns(one));
  if (policy) return `the policy ${policy.name}`;
  if (arm.fullScopes.some((scope) => same(scope, resourceId))) return "no more role assignments are taken there";
  if (arm.oldVersionsOnly.some((id) => same(id, resourceId))) return "its region does not have the newest api-version";
  return undefined;
}
