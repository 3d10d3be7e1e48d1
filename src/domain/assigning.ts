/** Whether we may give a service principal a role. Pure. */
import { holds } from "./conditions.ts";
import type { AssignConditions, Denial, Known } from "./facts.ts";
import { assignWrite } from "./roles.ts";
import { lastPart } from "./scopes.ts";

export type MayAssign = { readonly outcome: "yes" } | { readonly outcome: "no" | "unknown"; readonly reason: string };

/** Where there is no answer at all. */
export const notAsked = { outcome: "unknown", detail: "our right was not asked for" } as const;

const attribute = (name: string): string => `microsoft.authorization/roleassignments:${name}`;

/** One role of ours without a condition, or with one that lets this role through, is enough. */
export function mayAssign(conditions: Known<AssignConditions>, roleDefinitionId: string): MayAssign {
  if (conditions.outcome === "unknown") return { outcome: "unknown", reason: conditions.detail };
  if (conditions.value.length === 0) return { outcome: "no", reason: "no role of it lets it" };
  const attributes = {
    [attribute("roledefinitionid")]: lastPart(roleDefinitionId),
    [attribute("principaltype")]: "ServicePrincipal",
  };
  const answers = conditions.value.map((one) => one === null || holds(one, { action: assignWrite, attributes }));
  if (answers.includes(true)) return { outcome: "yes" };
  return answers.includes(undefined)
    ? { outcome: "unknown", reason: "whether the condition of its right lets this role through cannot be told" }
    : {
        outcome: "no",
        reason: `the condition of its right does not let the role ${lastPart(roleDefinitionId)} through`,
      };
}

/** Deny assignments win over every role. Null: nobody asked for them. */
export function unlessDenied(may: MayAssign, denials: Known<readonly Denial[]> | null): MayAssign {
  if (may.outcome === "no" || denials === null) return may;
  if (denials.outcome === "unknown")
    return { outcome: "unknown", reason: `deny assignments cannot be seen: ${denials.detail}` };
  const [first] = [...denials.value].sort((a, b) => Number(b.isCertain) - Number(a.isCertain));
  if (first?.isCertain) return { outcome: "no", reason: `the deny assignment ${first.id} forbids it` };
  return first
    ? { outcome: "unknown", reason: `whether the deny assignment ${first.id} is against it cannot be seen` }
    : may;
}
