import type { Assigned } from "../azure/clients.ts";
import { problem, TransientError, type Problem, type ProblemCode } from "../domain/errors.ts";
import type { Assignment } from "../domain/facts.ts";
import { ownGrants, type Grant, type Link } from "../domain/link.ts";
import type { Target } from "../domain/onboarding.ts";
import { assignmentName, letsPull, pullRoleFor, repositoryCondition } from "../domain/roles.ts";
import { registryUnreadable } from "../domain/unreadable.ts";
import { activity } from "../durable/calls.ts";
import { inTenant, mine, type Needs } from "./world.ts";

type Input = {
  readonly operationId: string;
  readonly linkId: string;
  readonly registry: Target;
  readonly repositories: readonly string[];
  /** Of the service principal in the registry tenant. */
  readonly principalId: string;
};
type Output =
  /** `wider`: an assignment that stood there before gives more than was asked for; null where none does. */
  | {
      readonly outcome: "granted";
      readonly grant: Grant;
      readonly loginServer: string;
      readonly wider: string | null;
    }
  | { readonly outcome: "principalNotFound"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/**
 * Gives the pull identity the one role this registry honours. The assignment's name is derived, so granting twice is
 * granting once. One of another's may give all that is asked for, and Azure takes no second one. A grant of ours under another role (the registry's role mode was changed) is taken back.
 */
export const grantPull = activity(
  "grantPull",
  async (
    { operationId, linkId, registry, repositories, principalId }: Input,
    { registries, roles, links }: Needs<"registries" | "roles" | "links">,
  ): Promise<Output> => {
    const facts = await registries.get(inTenant(registry));
    if (facts.outcome !== "found") return { outcome: "refused", problem: registryUnreadable(registry.id, facts) };
    const role = pullRoleFor(facts.roleMode);
    const condition = facts.roleMode === "abac" ? repositoryCondition(repositories) : undefined;
    const name = assignmentName(registry.id, principalId, role.id);
    const write = (change: (link: Link) => Link): Promise<Link> =>
      mine(links.updateFor(operationId, linkId, change), `link ${linkId}`);
    const intended = idOf(registry.id, name);
    const before = await write((link) => intending(link, intended));
    const answer = await roles.assign(registry.tenantId, {
      name,
      scope: registry.id,
      roleId: role.id,
      principalId,
      ...(condition ? { condition } : {}),
    });
    if (answer.outcome === "principalNotFound") return { outcome: "principalNotFound", detail: answer.detail };
    const given =
      answer.outcome === "assigned"
        ? { id: answer.id, condition: condition?.condition ?? null }
        : standingInstead(answer, condition ? repositories : [], role.name, registry.id);
    if ("code" in given) return { outcome: "refused", problem: given };
    const { id: assignmentId, condition: inForce } = given;
    // The derived name proves that an assignment is ours; one that stood there under another name is not.
    const ours = assignmentId.toLowerCase().endsWith(`/${name}`);
    const standing = [assignmentId, intended].map((id) => id.toLowerCase());
    const earlier = ownGrants(before).filter((id) => !standing.includes(id.toLowerCase()));
    const left = await takeBack(registry.tenantId, earlier, roles);
    const grant: Grant = { assignmentId, principalId, role: role.name, condition: inForce, ours };
    await write((link) => ({ ...link, grant, grantsIntended: left }));
    const wider = answer.outcome === "assigned" ? null : assignmentId;
    return { outcome: "granted", grant, loginServer: facts.loginServer, wider };
  },
);

function idOf(scope: string, name: string): string {
  return `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
}

function intending(link: Link, assignmentId: string): Link {
  const { grantsIntended } = link;
  return grantsIntended.includes(assignmentId) ? link : { ...link, grantsIntended: [...grantsIntended, assignmentId] };
}

/**
 * Removes grants of ours for another role mode, or for a principal that is no more. Answers those that may not be removed
 * (a lock, a missing right): the row goes on naming them, and the next grant or a cancel tries again.
 */
async function takeBack(
  tenantId: string,
  ids: readonly string[],
  roles: Needs<"roles">["roles"],
): Promise<readonly string[]> {
  const left: string[] = [];
  for (const id of ids) {
    const removal = await roles.remove(tenantId, id);
    if (removal.outcome === "notYet") throw new TransientError(`an earlier grant is still shown: ${removal.detail}`);
    if (removal.outcome !== "removed") left.push(id);
  }
  return left;
}

const codes = {
  locked: "CP-SCOPE-LOCKED",
  limit: "CP-ASSIGNMENT-LIMIT",
  denied: "CP-POLICY-DENIED",
  forbidden: "CP-REGISTRY-FORBIDDEN",
  refused: "CP-GRANT-REFUSED",
} as const satisfies Record<string, ProblemCode>;

/** What stood there before, if it gives all that is asked for; otherwise why nothing was given. */
function standingInstead(
  answer: Exclude<Assigned, { outcome: "assigned" | "principalNotFound" }>,
  repositories: readonly string[],
  role: string,
  scope: string,
): Pick<Assignment, "id" | "condition"> | Problem {
  if (answer.outcome === "otherCondition") {
    const { id, condition } = answer.assignment;
    if (letsPull(condition, repositories)) return { id, condition };
    const words = `the assignment ${id} of ${role} stands in the way, with the condition ${condition}`;
    return problem("CP-GRANT-CONDITION", words);
  }
  return problem(
    codes[answer.outcome],
    `assigning ${role} on ${scope} was refused with ${answer.code}: ${answer.detail}`,
  );
}
