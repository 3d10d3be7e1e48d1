import { problem, type Problem } from "../domain/errors.ts";
import type { LinkRequest } from "../domain/link.ts";
import { assignmentName } from "../domain/roles.ts";
import { clusterUnreadable } from "../domain/unreadable.ts";
import { activity } from "../durable/calls.ts";
import { clusterOf, patiently, type Needs } from "./world.ts";

type Input = {
  readonly request: LinkRequest;
  readonly appId: string;
  /** Of the pull identity's service principal in the cluster tenant. */
  readonly principalId: string;
};
type Output =
  | { readonly outcome: "copied"; readonly count: number; readonly from: string | null }
  | { readonly outcome: "principalNotFound"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/**
 * Gives the pull identity every role the cluster's present service principal has in the cluster's subscription:
 * the cluster's controllers live on them. Names are derived, so copying twice is copying once; nothing is taken away.
 */
export const carryOverRoles = activity(
  "carryOverRoles",
  async (
    { request, appId, principalId }: Input,
    { clusters, directory, roles }: Needs<"clusters" | "directory" | "roles">,
  ): Promise<Output> => {
    const cluster = clusterOf(request);
    const facts = await clusters.get(cluster);
    if (facts.outcome !== "found") return { outcome: "refused", problem: clusterUnreadable(cluster.id, facts) };
    if (facts.clientId === appId) return { outcome: "copied", count: 0, from: null };
    const old = await directory.findServicePrincipal(cluster.tenantId, facts.clientId);
    // An old principal that is gone has no roles left to carry over.
    if (!old) return { outcome: "copied", count: 0, from: facts.clientId };
    const assignments = await roles.listFor(cluster.tenantId, cluster.subscriptionId, old);
    for (const { scope, roleDefinitionId, condition, conditionVersion } of assignments) {
      const answer = await roles.assign(cluster.tenantId, {
        name: assignmentName(scope, principalId, roleDefinitionId),
        scope,
        roleId: roleDefinitionId,
        principalId,
        ...(condition && conditionVersion === "2.0" ? { condition: { condition, conditionVersion } } : {}),
      });
      if (answer.outcome === "principalNotFound") return { outcome: "principalNotFound", detail: answer.detail };
      if (answer.outcome === "forbidden") {
        return {
          outcome: "refused",
          problem: problem(
            "CP-ROLES-NOT-COPIED",
            `${roleDefinitionId} at ${scope} was refused with ${answer.code}: ${answer.detail}`,
          ),
        };
      }
    }
    return { outcome: "copied", count: assignments.length, from: facts.clientId };
  },
  patiently,
);
