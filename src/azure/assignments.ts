import type { Assignment } from "../domain/facts.ts";
import { TransientError } from "../domain/errors.ts";
import { sameCondition } from "../domain/roles.ts";
import { authorization } from "./arm.ts";
import { asking } from "./asking.ts";
import { subscriptionOf } from "./assignmentLists.ts";
import type { Assigned, NewAssignment, Refused, Removal, Roles } from "./clients.ts";
import { isDenied, isForbidden, refused, type Failure } from "./errors.ts";
import { bare, type Rbac } from "./rbac.ts";

type Answer = Assigned | { readonly outcome: "exists" };

/** PUT under our name. Ours with another condition is corrected by it; another's in the way is compared with `find`. */
export async function assign(
  rbac: Rbac,
  tenantId: string,
  assignment: NewAssignment,
  find: () => Promise<readonly Assignment[]>,
): Promise<Assigned> {
  const { name, scope, roleId, principalId, condition } = assignment;
  const what = `assign role ${roleId} at ${scope}`;
  const id = `${scope}/${authorization}/roleAssignments/${name}`;
  const answer = await asking<Answer, Answer>(
    { what, repeatable: true },
    async (abortSignal) => {
      const properties = {
        roleDefinitionId: roleDefinitionId(scope, roleId),
        principalId,
        // Left out, Azure takes it for a user, and looks for one.
        principalType: "ServicePrincipal",
        ...condition,
      };
      const { roleAssignments } = await rbac(tenantId);
      const made = await roleAssignments.create(bare(scope), name, properties, { abortSignal });
      return { outcome: "assigned", id: made.id ?? id };
    },
    assignRefusal,
  );
  if (answer.outcome !== "exists") return answer;
  const [standing, ...others] = await find();
  const same = [standing, ...others].find((one) => one && sameCondition(one.condition, condition?.condition));
  if (same) return { outcome: "assigned", id: same.id };
  if (standing) return { outcome: "otherCondition", assignment: standing };
  throw new TransientError(`could not ${what} now: it exists under another name, and no list shows it yet`);
}

/** What a person has to change differs for each: so do the outcomes. */
function assignRefusal(failure: Failure): Answer | undefined {
  const { code, cause, status } = failure;
  const has = (word: string): boolean => code === word || cause === word;
  if (has("RoleAssignmentExists")) return { outcome: "exists" };
  if (has("PrincipalNotFound")) return refused("principalNotFound", failure);
  if (has("ScopeLocked")) return refused("locked", failure);
  if (has("RoleAssignmentLimitExceeded")) return refused("limit", failure);
  if (has("RequestDisallowedByPolicy") || isDenied(failure)) {
    return refused("denied", failure);
  }
  const isRefused = isForbidden(failure) || status === 404 || has("RoleAssignmentUpdateNotPermitted");
  if (isRefused) return refused("forbidden", failure);
  return status >= 400 && status < 500 ? refused("refused", failure) : undefined;
}

const readsOfAProof = 3;

/** Deletes, then reads several times: a replica that no longer shows it proves nothing. */
export async function remove(
  rbac: Rbac,
  tenantId: string,
  assignmentId: string,
): Promise<Removal | Refused<"locked"> | Refused<"forbidden">> {
  const answer = await asking<Awaited<ReturnType<Roles["remove"]>>, Awaited<ReturnType<Roles["remove"]>>>(
    { what: `remove the role assignment ${assignmentId}`, repeatable: true },
    async (abortSignal) => {
      const { roleAssignments } = await rbac(tenantId);
      await roleAssignments.deleteById(bare(assignmentId), { abortSignal });
      return { outcome: "removed" };
    },
    (failure) => {
      if (failure.status === 404) return { outcome: "removed" };
      if (failure.code === "ScopeLocked") return refused("locked", failure);
      return isForbidden(failure) ? refused("forbidden", failure) : undefined;
    },
  );
  if (answer.outcome === "locked") return answer;
  for (let read = 0; read < readsOfAProof; read += 1) {
    const seen = await look(rbac, tenantId, assignmentId);
    if (seen === "there" && answer.outcome === "forbidden") return answer;
    if (seen === "there") return { outcome: "notYet", detail: `ARM still shows the role assignment ${assignmentId}` };
    // We may not look: what DELETE said has to do.
    if (seen === "hidden") return answer;
  }
  // A right that depends on what is deleted is no right to delete what is not there.
  return { outcome: "removed" };
}

function look(rbac: Rbac, tenantId: string, id: string): Promise<"there" | "gone" | "hidden"> {
  return asking<"there" | "gone" | "hidden", "there" | "gone" | "hidden">(
    { what: `look for the role assignment ${id}`, repeatable: true },
    async (abortSignal) => {
      const { roleAssignments } = await rbac(tenantId);
      await roleAssignments.getById(bare(id), { abortSignal });
      return "there";
    },
    (failure) => {
      if (failure.status === 404) return "gone";
      return isForbidden(failure) ? "hidden" : undefined;
    },
  );
}

function roleDefinitionId(scope: string, roleId: string): string {
  if (roleId.startsWith("/")) return roleId;
  const subscriptionId = subscriptionOf(scope);
  const root = subscriptionId === "" ? "" : `/subscriptions/${subscriptionId}`;
  return `${root}/${authorization}/roleDefinitions/${roleId}`;
}
