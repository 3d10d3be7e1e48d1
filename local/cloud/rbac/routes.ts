import { bodyOf, objectAt, textAt, type JsonObject } from "../armKit/body.ts";
import { notAllowed, type ArmCall, type ArmRoute } from "../armKit/guard.ts";
import { Refusal } from "../armKit/refusal.ts";
import { json } from "../armKit/replies.ts";
import { tidyScope } from "../armKit/scope.ts";
import { denyAssignments, permissions, roleAssignments, roleDefinitions } from "../armKit/versions.ts";
import type { Hierarchy } from "../armKit/hierarchy.ts";
import { isUnseen, type YoungNeeds } from "../armKit/young.ts";
import type { Directory, Reply } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import { checkedTypes, type Assignments } from "./assignments.ts";
import type { Question } from "../armKit/rights.ts";
import type { Rights } from "./authorization.ts";
import type { RoleAssignment, RoleStore } from "./store.ts";
import type { Denials } from "./denials.ts";
import { parseFilter } from "./filter.ts";
import { shownAssignment, shownDefinition, shownDenial } from "./views.ts";

interface Needs {
  readonly store: () => RoleStore;
  readonly assignments: Assignments;
  readonly rights: Rights;
  readonly denials: Denials;
  readonly directory: Pick<Directory, "memberOf">;
  readonly hierarchy: Hierarchy;
  readonly young: YoungNeeds;
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
      type: roleDefinitions,
      right: read("roleDefinitions"),
      handle: (call) => listDefinitions(needs, call),
    }),
    ...anyScope("GET", "roleDefinitions/:id", "RoleDefinitions_Get", {
      type: roleDefinitions,
      right: read("roleDefinitions"),
      handle: (call) => getDefinition(needs, call),
    }),
    ...anyScope("GET", "roleAssignments", "RoleAssignments_ListForScope", {
      type: roleAssignments,
      right: read("roleAssignments"),
      handle: (call) => listAssignments(needs, call),
    }),
    ...anyScope("GET", "roleAssignments/:name", "RoleAssignments_Get", {
      type: roleAssignments,
      right: read("roleAssignments"),
      handle: (call) => getAssignment(needs, call),
    }),
    ...anyScope("PUT", "roleAssignments/:name", "RoleAssignments_Create", {
      type: roleAssignments,
      permit: (call) => requireOver(needs.rights, call, "write", { attributes: writtenIn(call, needs) }),
      policed: { type: "Microsoft.Authorization/roleAssignments" },
      handle: (call) => putAssignment(needs, call),
    }),
    ...anyScope("DELETE", "roleAssignments/:name", "RoleAssignments_Delete", {
      type: roleAssignments,
      permit: (call) => requireOver(needs.rights, call, "delete", { resource: removedIn(call, needs) }),
      handle: (call) => deleteAssignment(needs, call),
    }),
    ...anyScope("GET", "denyAssignments", "DenyAssignments_ListForScope", {
      type: denyAssignments,
      right: read("denyAssignments"),
      handle: (call) => listDenials(needs, call),
    }),
    ...anyScope("GET", "denyAssignments/:id", "DenyAssignments_Get", {
      type: denyAssignments,
      right: read("denyAssignments"),
      handle: (call) => getDenial(needs, call),
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
  route: Omit<ArmRoute, "method" | "path" | "operation">,
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

/** `principalId eq` finds what names the principal itself; `assignedTo()` also what its groups have. */
function listAssignments({ assignments, directory, young }: Needs, call: ArmCall): Reply {
  const filter = parseFilter(call.query("$filter"), ["atScope", "principalId", "assignedTo"]);
  const principalId = filter.get("principalid")?.toLowerCase();
  const assignee = filter.get("assignedto")?.toLowerCase();
  const assignees = assignee === undefined ? undefined : [assignee, ...directory.memberOf(assignee)];
  const found = assignments
    .list(call.tenantId, scopeOf(call.params), filter.has("atscope") ? "above" : "all")
    .filter((one) => principalId === undefined || one.principalId === principalId)
    .filter((one) => assignees === undefined || assignees.includes(one.principalId))
    .filter((one) => !isYoungTo(one, call, young));
  return json({ value: found.map(shownAssignment) });
}

function getAssignment({ assignments, young }: Needs, call: ArmCall): Reply {
  const name = call.params["name"] ?? "";
  const found = assignments.get(call.tenantId, scopeOf(call.params), name);
  if (!found || isYoungTo(found, call, young))
    throw new Refusal("RoleAssignmentNotFound", `The role assignment '${name}' is not found.`);
  return json(shownAssignment(found));
}

/** The one who made an assignment finds it at once. */
function isYoungTo({ id, createdAt, createdBy }: RoleAssignment, { principal }: ArmCall, young: YoungNeeds): boolean {
  if (createdBy === "") return false;
  const since = Date.parse(createdAt);
  return isUnseen(
    "armReplicas",
    { key: id, since, knownTo: createdBy, longestInSeconds: 300 },
    principal.objectId,
    young,
  );
}

function listDenials({ denials, hierarchy }: Needs, call: ArmCall): Reply {
  const filter = parseFilter(call.query("$filter"), ["atScope", "principalId", "denyAssignmentName"]);
  const scope = scopeOf(call.params);
  const principalId = filter.get("principalid")?.toLowerCase();
  const name = filter.get("denyassignmentname");
  const found = denials
    .all()
    .filter((one) => one.tenantId === call.tenantId)
    .filter(
      (one) => hierarchy.covers(one.scope, scope) || (!filter.has("atscope") && hierarchy.covers(scope, one.scope)),
    )
    .filter((one) => principalId === undefined || one.principals.includes(principalId))
    .filter((one) => name === undefined || one.name === name);
  return json({ value: found.map(shownDenial) });
}

function getDenial({ denials }: Needs, { params, tenantId }: ArmCall): Reply {
  const id = params["id"]?.toLowerCase() ?? "";
  const found = denials.all().find((one) => one.id === id && one.tenantId === tenantId);
  if (!found) throw new Refusal("DenyAssignmentNotFound", `The deny assignment '${id}' is not found.`);
  return json(shownDenial(found));
}

function putAssignment({ assignments, young: { life } }: Needs, call: ArmCall): Reply {
  const { principal, params, tenantId } = call;
  const { roleId, principalId, principalType, properties } = askedFor(call, life);
  if (life.on(checkedTypes) && textAt(properties, "principalType") === undefined) life.strike(checkedTypes);
  const { assignment, isNew } = assignments.put({
    tenantId,
    scope: scopeOf(params),
    name: params["name"] ?? "",
    roleId,
    principalId,
    principalType,
    description: textAt(properties, "description"),
    condition: textAt(properties, "condition"),
    conditionVersion: textAt(properties, "conditionVersion"),
    createdBy: principal.objectId,
  });
  const isRepeat = !isNew && life.on(repeatedPut);
  if (isRepeat) life.strike(repeatedPut);
  return json(shownAssignment(assignment), isRepeat ? 200 : 201);
}

const repeatedPut = "repeatedAssignment";

interface AskedFor {
  readonly roleId: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly properties: JsonObject;
}

/** Who leaves `principalType` out says User: the document's default. */
function askedFor(call: ArmCall, life: Life): AskedFor {
  const properties = objectAt(bodyOf(call), "properties") ?? {};
  const roleId = textAt(properties, "roleDefinitionId")?.split("/").at(-1)?.toLowerCase();
  const principalId = textAt(properties, "principalId")?.toLowerCase();
  if (!roleId || !principalId)
    throw new Refusal(
      "InvalidRequestContent",
      "The request content is not valid: 'roleDefinitionId' and 'principalId' are required.",
    );
  const principalType = textAt(properties, "principalType") ?? (life.on(checkedTypes) ? "User" : "ServicePrincipal");
  return { roleId, principalId, principalType, properties };
}

function writtenIn(call: ArmCall, { young }: Needs): Readonly<Record<string, string>> {
  const { roleId, principalId, principalType } = askedFor(call, young.life);
  return attributesOf(roleId, principalId, principalType);
}

function removedIn({ params, tenantId }: ArmCall, { assignments }: Needs): Readonly<Record<string, string>> {
  const found = assignments.get(tenantId, scopeOf(params), params["name"] ?? "");
  return found ? attributesOf(found.roleId, found.principalId, found.principalType) : {};
}

function deleteAssignment({ assignments }: Needs, { params, tenantId }: ArmCall): Reply {
  const found = assignments.get(tenantId, scopeOf(params), params["name"] ?? "");
  if (!found) return { status: 204 };
  assignments.remove(found);
  return json(shownAssignment(found));
}

/** Asked with what a condition may ask for; the refusal names the assignment. */
function requireOver(
  rights: Rights,
  { principal, params }: ArmCall,
  verb: "write" | "delete",
  question: Question,
): void {
  const scope = scopeOf(params);
  const action = `Microsoft.Authorization/roleAssignments/${verb}`;
  if (rights.allows(principal.objectId, action, scope, question)) return;
  const shownScope = `${scope === "/" ? "" : scope}/${provider}/roleAssignments/${params["name"]}`;
  throw notAllowed(rights, principal, { action, scope, question, shownScope, isConditioned: true });
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
