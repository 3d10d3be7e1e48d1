import { nameFrom } from "../../rbac/names.ts";
import { bodyOf, isObject, objectAt, textAt, type JsonObject } from "../../armKit/body.ts";
import type { ArmCall, ArmRoute } from "../../armKit/guard.ts";
import { Refusal } from "../../armKit/refusal.ts";
import { json } from "../../armKit/replies.ts";
import { sameScope, tidyScope } from "../../armKit/scope.ts";
import { policyAssignments, policyDefinitions } from "../../armKit/versions.ts";
import type { Hierarchy } from "../../armKit/hierarchy.ts";
import type { Reply } from "../../kit/contract.ts";
import { resolved, ruleHolds, RuleError } from "./rule.ts";
import type { PolicyAssignment, PolicyDefinition } from "./model.ts";
import { assignmentId, type Policies } from "./store.ts";

interface Needs {
  readonly policies: Policies;
  readonly hierarchy: Hierarchy;
}

const provider = "providers/Microsoft.Authorization";
type Params = Readonly<Record<string, string>>;
const right = (type: string, verb: string, scope: (params: Params) => string): NonNullable<ArmRoute["right"]> => ({
  action: `Microsoft.Authorization/${type}/${verb}`,
  scope,
});

export function policyRoutes(needs: Needs): ArmRoute[] {
  return [...definitionRoutes(needs), ...assignmentRoutes(needs)];
}

/** Where definitions are kept, and what the operations there are called. */
const shelves = [
  { path: "/subscriptions/:subscription", suffix: "" },
  { path: "/providers/Microsoft.Management/managementGroups/:managementGroup", suffix: "AtManagementGroup" },
] as const;

function definitionRoutes({ policies }: Needs): ArmRoute[] {
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

function definitionAt(policies: Policies, id: string): PolicyDefinition {
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

function assignmentRoutes({ policies, hierarchy }: Needs): ArmRoute[] {
  const scopeOf = (params: Params): string => tidyScope(params["scope"] ?? "/");
  const idIn = (params: Params): string => assignmentId(scopeOf(params), params["name"] ?? "");
  const type = policyAssignments;
  const one = `/*scope/${provider}/policyAssignments/:name`;
  return [
    {
      method: "GET",
      path: `/*scope/${provider}/policyAssignments`,
      operation: "PolicyAssignments_ListForResource",
      type,
      right: right("policyAssignments", "read", scopeOf),
      handle: (call) => json({ value: listed(policies, hierarchy, call, scopeOf(call.params)).map(shownAssignment) }),
    },
    {
      method: "GET",
      path: one,
      operation: "PolicyAssignments_Get",
      type,
      right: right("policyAssignments", "read", scopeOf),
      handle: ({ params }) => {
        const found = policies.assignment(idIn(params));
        if (found) return json(shownAssignment(found));
        throw new Refusal(
          "PolicyAssignmentNotFound",
          `The policy assignment '${params["name"]}' could not be found at scope '${scopeOf(params)}'.`,
        );
      },
    },
    {
      method: "PUT",
      path: one,
      operation: "PolicyAssignments_Create",
      type,
      right: right("policyAssignments", "write", scopeOf),
      handle: (call) => putAssignment(policies, scopeOf(call.params), call),
    },
    {
      method: "DELETE",
      path: one,
      operation: "PolicyAssignments_Delete",
      type,
      right: right("policyAssignments", "delete", scopeOf),
      handle: ({ params }) => {
        const removed = policies.removeAssignment(idIn(params));
        return removed ? json(shownAssignment(removed)) : { status: 204 };
      },
    },
  ];
}

/** Those on a scope and above it; without `atScope()` those below it too. */
function listed(policies: Policies, hierarchy: Hierarchy, call: ArmCall, scope: string): readonly PolicyAssignment[] {
  const filter = call.query("$filter")?.trim() ?? "";
  const isAtScope = /^atScope\(\)$/i.test(filter);
  const wanted = /^policyDefinitionId eq '([^']+)'$/i.exec(filter)?.[1];
  if (filter !== "" && !isAtScope && wanted === undefined)
    throw new Refusal("InvalidFilterInQueryString", `Invalid $filter '${filter}' specified in the query string.`);
  return policies
    .assignments()
    .filter(({ scope: own }) => hierarchy.covers(own, scope) || (!isAtScope && hierarchy.covers(scope, own)))
    .filter(({ properties }) => wanted === undefined || sameScope(String(properties["policyDefinitionId"]), wanted));
}

function putAssignment(policies: Policies, scope: string, call: ArmCall): Reply {
  const body = bodyOf(call);
  const properties = objectAt(body, "properties") ?? {};
  const definitionId = textAt(properties, "policyDefinitionId");
  if (definitionId === undefined)
    throw new Refusal(
      "InvalidPolicyAssignment",
      "The policy assignment create request is invalid: no policyDefinitionId.",
    );
  definitionAt(policies, definitionId);
  const name = call.params["name"] ?? "";
  const id = assignmentId(scope, name);
  const assignment = {
    id,
    name,
    scope,
    location: textAt(body, "location"),
    identity: identityIn(body, id, call.tenantId),
    properties: { enforcementMode: "Default", parameters: {}, ...properties },
  };
  policies.putAssignment(assignment);
  return json(shownAssignment(assignment), 201);
}

function identityIn(body: JsonObject, id: string, tenantId: string): JsonObject | undefined {
  const { identity } = body;
  if (!isObject(identity) || textAt(identity, "type")?.toLowerCase() !== "systemassigned") return undefined;
  return { type: "SystemAssigned", principalId: nameFrom(`identity of ${id.toLowerCase()}`), tenantId };
}

function shownAssignment({ id, name, scope, location, identity, properties }: PolicyAssignment): object {
  return {
    properties: { enforcementMode: "Default", ...properties, scope },
    id,
    type: "Microsoft.Authorization/policyAssignments",
    name,
    ...(location !== undefined && { location }),
    ...(identity !== undefined && { identity }),
  };
}

function shownDefinition({ id, name, properties }: PolicyDefinition): object {
  return { properties, id, type: "Microsoft.Authorization/policyDefinitions", name };
}
