import type { Assigned } from "../azure/clients.ts";
import { problem, type Problem } from "../domain/errors.ts";
import { acceptsLoss } from "../domain/link.ts";
import { assignmentName } from "../domain/roles.ts";
import type { RoleCopy } from "../domain/rolesPlan.ts";
import { activity } from "../durable/calls.ts";
import type { Needs } from "./world.ts";

type Input = {
  readonly tenantId: string;
  /** Of the pull identity's service principal in the cluster tenant. */
  readonly principalId: string;
  readonly copies: readonly RoleCopy[];
  /** Assignments whose copy may be refused: the caller accepted their loss by their ids. */
  readonly acceptLost: readonly string[];
};
type Output =
  | { readonly outcome: "copied" }
  | { readonly outcome: "notYet"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/**
 * Gives the pull identity the roles that the plan names. Names are derived, so copying twice is copying once; nothing is
 * taken away. Undone by `removeIdentityIfUnused`, which knows the copies by their names.
 */
export const carryOverRoles = activity(
  "carryOverRoles",
  async ({ tenantId, principalId, copies, acceptLost }: Input, { roles }: Needs<"roles">): Promise<Output> => {
    for (const copy of copies) {
      const { assignmentId, scope, roleDefinitionId, condition } = copy;
      const answer = await roles.assign(tenantId, {
        name: copyName(principalId, { scope, roleDefinitionId }),
        scope,
        roleId: roleDefinitionId,
        principalId,
        ...(condition === null ? {} : { condition: { condition, conditionVersion: "2.0" } }),
      });
      if (answer.outcome === "assigned") continue;
      // Without a condition it gives all that the copy would give.
      if (answer.outcome === "otherCondition" && answer.assignment.condition === null) continue;
      if (answer.outcome === "principalNotFound") return { outcome: "notYet", detail: answer.detail };
      if (acceptsLoss({ acceptLost }, assignmentId)) continue;
      return { outcome: "refused", problem: notCopied(answer, copy) };
    }
    return { outcome: "copied" };
  },
);

/** The name of a copy: derived, so that it is known for ours when it is taken back, whatever prefix its role's id has. */
export function copyName(
  principalId: string,
  { scope, roleDefinitionId }: Pick<RoleCopy, "scope" | "roleDefinitionId">,
): string {
  return assignmentName(scope, principalId, roleDefinitionId.slice(roleDefinitionId.lastIndexOf("/") + 1));
}

function notCopied(
  answer: Exclude<Assigned, { outcome: "assigned" | "principalNotFound" }>,
  { assignmentId, roleDefinitionId, scope }: RoleCopy,
): Problem {
  const why =
    answer.outcome === "otherCondition"
      ? `${answer.assignment.id} stands in the way with another condition`
      : `${answer.code}: ${answer.detail}`;
  const detail = `the copy of ${assignmentId} (${roleDefinitionId} at ${scope}) was refused: ${why}`;
  return problem("CP-ROLES-NOT-COPIED", detail);
}
