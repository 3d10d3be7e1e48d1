import { problem, type Problem } from "../domain/errors.ts";
import type { Grant, LinkRequest } from "../domain/link.ts";
import { assignmentName, pullRoleFor, repositoryCondition } from "../domain/roles.ts";
import { registryUnreadable } from "../domain/unreadable.ts";
import { activity } from "../durable/calls.ts";
import { patiently, registryOf, type Needs } from "./world.ts";

type Input = {
  readonly linkId: string;
  readonly request: LinkRequest;
  /** Of the service principal in the registry tenant. */
  readonly principalId: string;
};
type Output =
  | { readonly outcome: "granted"; readonly grant: Grant; readonly loginServer: string }
  | { readonly outcome: "principalNotFound"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/** Gives the pull identity the one role this registry honours. The assignment's name is derived, so granting twice is granting once. */
export const grantPull = activity(
  "grantPull",
  async (
    { linkId, request, principalId }: Input,
    { registries, roles, links }: Needs<"registries" | "roles" | "links">,
  ): Promise<Output> => {
    const registry = registryOf(request);
    const facts = await registries.get(registry);
    if (facts.outcome !== "found") return { outcome: "refused", problem: registryUnreadable(registry.id, facts) };
    const role = pullRoleFor(facts.roleMode);
    const condition = facts.roleMode === "abac" ? repositoryCondition(request.repositories) : undefined;
    const name = assignmentName(registry.id, principalId, role.id);
    const answer = await roles.assign(registry.tenantId, {
      name,
      scope: registry.id,
      roleId: role.id,
      principalId,
      ...(condition ? { condition } : {}),
    });
    if (answer.outcome === "principalNotFound") return { outcome: "principalNotFound", detail: answer.detail };
    if (answer.outcome === "forbidden") {
      return {
        outcome: "refused",
        problem: problem(
          "CP-REGISTRY-FORBIDDEN",
          `assigning ${role.name} on ${registry.id} was refused with ${answer.code}: ${answer.detail}`,
        ),
      };
    }
    // The derived name proves that an assignment is ours; one that stood there under another name is not.
    const grant = { assignmentId: answer.id, principalId, role: role.name, ours: answer.id.endsWith(`/${name}`) };
    await links.update(linkId, (link) => ({ ...link, grant }));
    return { outcome: "granted", grant, loginServer: facts.loginServer };
  },
  patiently,
);
