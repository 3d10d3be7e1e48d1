import { isObject, bodyOf, objectAt, textAt } from "../armKit/body.ts";
import { authorizationFailed, type ArmCall, type ArmRoute } from "../armKit/guard.ts";
import { Refusal } from "../armKit/refusal.ts";
import { json } from "../armKit/replies.ts";
import { tidyScope } from "../armKit/scope.ts";
import { permissions, roleAssignments, roleDefinitions } from "../armKit/versions.ts";
import type { Reply } from "../kit/contract.ts";
import type { Assignments } from "./assignments.ts";
import type { Rights } from "./authorization.ts";
import type { RoleStore } from "./store.ts";
import { parseFilter } from "./filter.ts";
import { shownAssignment, shownDefinition } from "./views.ts";

interface Needs {
  readonly store: () => RoleStore;
  readonly assignments: Assignments;
  readonly rights: Rights;
}

const provider = "providers/Microsoft.Authorization";
type Params = Readonly<Record<string, string>>;
const scopeOf = (params: Params): string => tidyScope(params["scope"] ?? "/");
const read = (type: string): NonNullable<ArmRoute["right"]> => ({
  action: `Microsoft.Authorization/${type}/read`,
  scope: scopeOf,
});

/** Roles, assignments and effective permissions, at any scope. */
export function rbacRoutes(needs: Needs): ArmRoute[] {
  return [
    ...anyScope("GET", "roleDefinitions", "RoleDefinitions_List", {
      ...{ type: roleDefinitions, right: read("roleDefinitions") },
      handle: (call) => listDefinitions(needs, call),
    }),
    ...anyScope("GET", "roleDefinitions/:id", "RoleDefinitions_Get", {
      ...{ type: roleDefinitions, right: read("roleDefinitions") },
      handle: (call) => getDefinition(needs, call),
    }),
    ...anyScope("GET", "roleAssignments", "RoleAssignments_ListForScope", {
      ...{ type: roleAssignments, right: read("roleAssignments") },
      handle: (call) => listAssignments(needs, call),
    }),
    ...anyScope("GET", "roleAssignments/:name", "RoleAssignments_Get", {
      ...{ type: roleAssignments, right: read("roleAssignments") },
      handle: (call) => getAssignment(needs, call),
    }),
    ...anyScope("PUT", "roleAssignments/:name", "RoleAssignments_Create", {
      type: roleAssignments,
      handle: (call) => putAssignment(needs, call),
    }),
    ...anyScope("DELETE", "roleAssignments/:name", "RoleAssignments_Delete", {
      type: roleAssignments,
      handle: (call) => deleteAssignment(needs, call),
    }),
    // Anybody may ask what they themselves may do; without any role the list is empty.
    ...anyScope("GET", "permissions", "Permissions_ListForResource", {
      type: permissions,
      handle: ({ principal, params }) =>
        json({ value: needs.rights.permissionsAt(principal.objectId, scopeOf(params)) }),
    }),
  ];
}

function anyScope(
  method: ArmRoute["method"],
  rest: string,
  operation: string,
  route: Pick<ArmRoute, "type" | "right" | "handle">,
): ArmRoute[] {
  return [`/${provider}/${rest}`, `/*scope/${provider}/${rest}`].map((path) => ({ method, path, operation, ...route }));
}

function listDefinitions({ store }: Needs, call: ArmCall): Reply {
  const filter = parseFilter(call.query("$filter"), ["roleName", "type", "atScopeAndBelow", "atScope"]);
  const wanted = filter.get("rolename")?.toLowerCase();
  const kind = filter.get("type")?.toLowerCase();
  const found = store()
    .definitions()
    .filter(({ roleName }) => wanted === undefined || roleName.toLowerCase() === wanted)
    .filter(({ type }) => kind === undefined || type.toLowerCase() === kind)
    .filter(({ assignableScopes }) => assignableScopes.some((one) => isReachable(one, scopeOf(call.params))));
  return json({ value: found.map((one) => shownDefinition(one, scopeOf(call.params))) });
}

/** A custom role shows in the subscriptions it may be assigned in. */
function isReachable(assignable: string, scope: string): boolean {
  const [one, other] = [tidyScope(assignable).toLowerCase(), scope.toLowerCase()];
  return one === "/" || other.startsWith(one) || one.startsWith(other);
}

function getDefinition({ store }: Needs, { params }: ArmCall): Reply {
  const id = params["id"] ?? "";
  const found = store().definition(id);
  if (!found || !found.assignableScopes.some((one) => isReachable(one, scopeOf(params))))
    throw new Refusal(
      "RoleDefinitionDoesNotExist",
      `The specified role definition with ID '${id.replaceAll("-", "")}' does not exist.`,
    );
  return json(shownDefinition(found, scopeOf(params)));
}

function listAssignments({ assignments }: Needs, call: ArmCall): Reply {
  const filter = parseFilter(call.query("$filter"), ["atScope", "principalId", "assignedTo"]);
  const principalId = (filter.get("principalid") ?? filter.get("assignedto"))?.toLowerCase();
  const found = assignments
    .list(call.tenantId, scopeOf(call.params), filter.has("atscope") ? "above" : "all")
    .filter((one) => principalId === undefined || one.principalId === principalId);
  return json({ value: found.map(shownAssignment) });
}

function getAssignment({ assignments }: Needs, { tenantId, params }: ArmCall): Reply {
  const name = params["name"] ?? "";
  const found = assignments.get(tenantId, scopeOf(params), name);
  if (!found) throw new Refusal("RoleAssignmentNotFound", `The role assignment '${name}' is not found.`);
  return json(shownAssignment(found));
}

function putAssignment({ assignments, rights }: Needs, call: ArmCall): Reply {
  const { principal, params, tenantId } = call;
  const scope = scopeOf(params);
  const properties = objectAt(bodyOf(call), "properties");
  const roleId = textAt(properties ?? {}, "roleDefinitionId")
    ?.split("/")
    .at(-1)
    ?.toLowerCase();
  const principalId = textAt(properties ?? {}, "principalId")?.toLowerCase();
  if (!isObject(properties) || !roleId || !principalId)
    throw new Refusal(
      "InvalidRequestContent",
      "The request content is not valid: 'roleDefinitionId' and 'principalId' are required.",
    );
  const principalType = textAt(properties, "principalType") ?? "ServicePrincipal";
  const action = "Microsoft.Authorization/roleAssignments/write";
  const attributes = attributesOf(roleId, principalId, principalType);
  if (!rights.allows(principal.objectId, action, scope, { attributes }))
    throw authorizationFailed(principal, action, `${scope}/${provider}/roleAssignments/${params["name"]}`, true);
  const [description, condition, conditionVersion] = ["description", "condition", "conditionVersion"].map((name) =>
    textAt(properties, name),
  );
  const made = assignments.put({
    ...{ tenantId, scope, name: params["name"] ?? "", roleId, principalId, principalType },
    ...(description !== undefined && { description }),
    ...(condition !== undefined && { condition }),
    ...(conditionVersion !== undefined && { conditionVersion }),
    createdBy: principal.objectId,
  });
  return json(shownAssignment(made), 201);
}

function deleteAssignment({ assignments, rights }: Needs, { principal, params, tenantId }: ArmCall): Reply {
  const scope = scopeOf(params);
  const found = assignments.get(tenantId, scope, params["name"] ?? "");
  const action = "Microsoft.Authorization/roleAssignments/delete";
  const resource = found ? attributesOf(found.roleId, found.principalId, found.principalType) : {};
  if (!rights.allows(principal.objectId, action, scope, { resource }))
    throw authorizationFailed(principal, action, `${scope}/${provider}/roleAssignments/${params["name"]}`, true);
  if (!found) return { status: 204 };
  assignments.remove(found);
  return json(shownAssignment(found));
}

/** What conditions on delegating role assignments may ask for. */
function attributesOf(roleId: string, principalId: string, principalType: string): Readonly<Record<string, string>> {
  const type = "Microsoft.Authorization/roleAssignments";
  return {
    [`${type}:RoleDefinitionId`]: roleId,
    [`${type}:PrincipalId`]: principalId,
    [`${type}:PrincipalType`]: principalType,
  };
}
