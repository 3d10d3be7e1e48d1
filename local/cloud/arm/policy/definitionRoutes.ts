import { bodyOf, objectAt } from "../../armKit/body.ts";
import type { ArmCall, ArmRoute } from "../../armKit/guard.ts";
import { Refusal } from "../../armKit/refusal.ts";
import { json } from "../../armKit/replies.ts";
import { policyDefinitions } from "../../armKit/versions.ts";
import type { Reply } from "../../kit/contract.ts";
import type { PolicyDefinition } from "./model.ts";
import { provider, right, type Params } from "./paths.ts";
import { resolved, ruleHolds, RuleError } from "./rule.ts";
import type { Policies } from "./store.ts";

/** Where definitions are kept, and what the operations there are called. */
const shelves = [
  { path: "/subscriptions/:subscription", suffix: "" },
  { path: "/providers/Microsoft.Management/managementGroups/:managementGroup", suffix: "AtManagementGroup" },
] as const;

export function definitionRoutes(policies: Policies): ArmRoute[] {
  const scopeOf = ({ subscription, managementGroup }: Params): string =>
    managementGroup === undefined
      ? `/subscriptions/${subscription}`
      : `/providers/Microsoft.Management/managementGroups/${managementGroup}`;
  const idIn = (params: Params): string => `${scopeOf(params)}/${provider}/policyDefinitions/${params["name"]}`;
  const type = policyDefinitions;
  const own = shelves.flatMap(({ path, suffix }): ArmRoute[] => [
    {
      method: "GET",
      path: `${path}/${provider}/policyDefinitions`,
      operation: suffix === "" ? "PolicyDefinitions_List" : "PolicyDefinitions_ListByManagementGroup",
      type,
      right: right("policyDefinitions", "read", scopeOf),
      handle: ({ params }) => {
        const prefix = `${scopeOf(params)}/`.toLowerCase();
        const found = policies.definitions().filter(({ id }) => isBuiltIn(id) || id.toLowerCase().startsWith(prefix));
        return json({ value: found.map(shownDefinition) });
      },
    },
    {
      method: "GET",
      path: `${path}/${provider}/policyDefinitions/:name`,
      operation: `PolicyDefinitions_Get${suffix}`,
      type,
      right: right("policyDefinitions", "read", scopeOf),
      handle: ({ params }) => json(shownDefinition(definitionAt(policies, idIn(params)))),
    },
    {
      method: "PUT",
      path: `${path}/${provider}/policyDefinitions/:name`,
      operation: `PolicyDefinitions_CreateOrUpdate${suffix}`,
      type,
      right: right("policyDefinitions", "write", scopeOf),
      handle: (call) => putDefinition(policies, idIn(call.params), call),
    },
    {
      method: "DELETE",
      path: `${path}/${provider}/policyDefinitions/:name`,
      operation: `PolicyDefinitions_Delete${suffix}`,
      type,
      right: right("policyDefinitions", "delete", scopeOf),
      handle: ({ params }) => ({ status: policies.removeDefinition(idIn(params)) ? 200 : 204 }),
    },
  ]);
  return [
    {
      method: "GET",
      path: `/${provider}/policyDefinitions`,
      operation: "PolicyDefinitions_ListBuiltIn",
      type,
      handle: () =>
        json({
          value: policies
            .definitions()
            .filter(({ id }) => isBuiltIn(id))
            .map(shownDefinition),
        }),
    },
    {
      method: "GET",
      path: `/${provider}/policyDefinitions/:name`,
      operation: "PolicyDefinitions_GetBuiltIn",
      type,
      handle: ({ params }) =>
        json(shownDefinition(definitionAt(policies, `/${provider}/policyDefinitions/${params["name"]}`))),
    },
    ...own,
  ];
}

function isBuiltIn(id: string): boolean {
  return id.toLowerCase().startsWith(`/${provider}/`.toLowerCase());
}

export function definitionAt(policies: Policies, id: string): PolicyDefinition {
  const found = policies.definition(id);
  if (found) return found;
  throw new Refusal("PolicyDefinitionNotFound", `The policy definition '${id.split("/").at(-1)}' could not be found.`);
}

/** The rule is tried once, so that one which is not understood is refused here and not at some later write. */
function putDefinition(policies: Policies, id: string, call: ArmCall): Reply {
  const properties = objectAt(bodyOf(call), "properties") ?? {};
  const rule = objectAt(properties, "policyRule");
  const effect = rule && objectAt(rule, "then")?.["effect"];
  if (!rule || typeof effect !== "string")
    throw new Refusal("InvalidPolicyRule", "The policy rule needs 'if', and 'then' with an 'effect'.");
  const subject = { type: "", id: "", resource: {} };
  const parameters = objectAt(properties, "parameters") ?? {};
  try {
    resolved(effect, subject, parameters);
    ruleHolds(rule["if"], subject, {});
  } catch (error) {
    if (error instanceof RuleError)
      throw new Refusal("InvalidPolicyRule", `The policy rule is invalid: ${error.message}.`);
    throw error;
  }
  const name = call.params["name"] ?? "";
  const definition = { id, name, properties: { mode: "Indexed", ...properties, policyType: "Custom" } };
  policies.putDefinition(definition);
  return json(shownDefinition(definition), 201);
}

function shownDefinition({ id, name, properties }: PolicyDefinition): object {
  return { properties, id, type: "Microsoft.Authorization/policyDefinitions", name };
}
