import { bodyOf, objectAt, textAt, type JsonObject } from "../armKit/body.ts";
import { notAllowed, type ArmCall, type ArmRoute } from "../armKit/guard.ts";
import { Refusal } from "../armKit/refusal.ts";
import { json } from "../armKit/replies.ts";
import type { Question } from "../armKit/rights.ts";
import { permissions, roleAssignments } from "../armKit/versions.ts";
import { isUnseen, type YoungNeeds } from "../armKit/young.ts";
import type { Directory, Reply } from "../kit/contract.ts";

import { anyScope, provider, read, scopeOf } from "./anyScope.ts";
import { checkedTypes, type Assignments } from "./assignments.ts";
import type { Rights } from "./authorization.ts";
import { parseFilter } from "./filter.ts";
import type { RoleAssignment } from "./store.ts";
import { shownAssignment } from "./views.ts";

export interface AssignmentNeeds {
  readonly assignments: Assignments;
  readonly rights: Rights;
  readonly directory: Pick<Directory, "memberOf" | "principalType">;
  readonly young: YoungNeeds;
}

/** Assignments and effective permissions, at any scope. */
export function assignmentRoutes(needs: AssignmentNeeds): ArmRoute[] {
  return [
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
    // Anybody may ask what they themselves may do; without any role the list is empty.
    ...anyScope("GET", "permissions", "Permissions_ListForResource", {
      type: permissions,
      handle: ({ principal, params }) =>
        json({ value: needs.rights.permissionsAt(principal.objectId, scopeOf(params)) }),
    }),
  ];
}

/** `principalId eq` finds what names the principal itself; `assignedTo()` also what its groups have. */
function listAssignments({ assignments, directory, young }: AssignmentNeeds, call: ArmCall): Reply {
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

function getAssignment({ assignments, young }: AssignmentNeeds, call: ArmCall): Reply {
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

function putAssignment(needs: AssignmentNeeds, call: ArmCall): Reply {
  const { assignments, young } = needs;
  const { life } = young;
  const { principal, params, tenantId } = call;
  const { roleId, principalId, principalType, properties } = askedFor(call, needs);
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

/** From this version on who leaves `principalType` out says User, the document's default; earlier ones find it out. */
const userByDefault = "2022-04-01";

function askedFor(call: ArmCall, { directory, young: { life } }: AssignmentNeeds): AskedFor {
  const properties = objectAt(bodyOf(call), "properties") ?? {};
  const roleId = textAt(properties, "roleDefinitionId")?.split("/").at(-1)?.toLowerCase();
  const principalId = textAt(properties, "principalId")?.toLowerCase();
  if (!roleId || !principalId)
    throw new Refusal(
      "InvalidRequestContent",
      "The request content is not valid: 'roleDefinitionId' and 'principalId' are required.",
    );
  const isUser = life.on(checkedTypes) && call.apiVersion >= userByDefault;
  const assumed = isUser ? "User" : (directory.principalType(call.tenantId, principalId) ?? "ServicePrincipal");
  const principalType = textAt(properties, "principalType") ?? assumed;
  return { roleId, principalId, principalType, properties };
}

function writtenIn(call: ArmCall, needs: AssignmentNeeds): Readonly<Record<string, string>> {
  const { roleId, principalId, principalType } = askedFor(call, needs);
  return attributesOf(roleId, principalId, principalType);
}

function removedIn({ params, tenantId }: ArmCall, { assignments }: AssignmentNeeds): Readonly<Record<string, string>> {
  const found = assignments.get(tenantId, scopeOf(params), params["name"] ?? "");
  return found ? attributesOf(found.roleId, found.principalId, found.principalType) : {};
}

function deleteAssignment({ assignments }: AssignmentNeeds, { params, tenantId }: ArmCall): Reply {
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
