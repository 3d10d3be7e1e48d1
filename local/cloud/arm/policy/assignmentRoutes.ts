import { bodyOf, isObject, objectAt, textAt, type JsonObject } from "../../armKit/body.ts";
import type { ArmCall, ArmRoute } from "../../armKit/guard.ts";
import type { Hierarchy } from "../../armKit/hierarchy.ts";
import { Refusal } from "../../armKit/refusal.ts";
import { json } from "../../armKit/replies.ts";
import { sameScope, tidyScope } from "../../armKit/scope.ts";
import { policyAssignments } from "../../armKit/versions.ts";
import { nameFrom } from "../../rbac/names.ts";
import { definitionAt } from "./definitionRoutes.ts";
import type { PolicyAssignment } from "./model.ts";
import { provider, right, type Params } from "./paths.ts";
import { assignmentId, type Policies } from "./store.ts";

/** Called with the tenant, object id and name of an identity that an assignment brings along. */
export type NewIdentity = (tenantId: string, objectId: string, name: string) => void;

export function assignmentRoutes(policies: Policies, hierarchy: Hierarchy, newIdentity: NewIdentity): ArmRoute[] {
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
      handle: (call) => {
        const made = putAssignment(policies, scopeOf(call.params), call);
        const { identity, name } = made;
        if (identity) newIdentity(call.tenantId, identity.principalId, name);
        return json(shownAssignment(made), 201);
      },
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

function putAssignment(policies: Policies, scope: string, call: ArmCall): PolicyAssignment {
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
  return assignment;
}

function identityIn(body: JsonObject, id: string, tenantId: string): PolicyAssignment["identity"] {
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
