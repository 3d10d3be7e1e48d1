import { subscriptionOf } from "../armKit/scope.ts";
import type { RoleDefinition } from "./builtInRoles.ts";
import { everyone, type DenyAssignment } from "./denials.ts";
import type { RoleAssignment } from "./store.ts";

/** As `Microsoft.Authorization` shows an assignment. */
export function shownAssignment(assignment: RoleAssignment): object {
  const { id, name, scope, roleId, principalId, principalType, description, condition } = assignment;
  return {
    properties: {
      roleDefinitionId: definitionId(roleId, scope),
      principalId,
      principalType,
      scope,
      condition: condition?.text ?? null,
      conditionVersion: condition ? "2.0" : null,
      createdOn: assignment.createdAt,
      updatedOn: assignment.updatedAt,
      createdBy: assignment.createdBy,
      updatedBy: assignment.createdBy,
      delegatedManagedIdentityResourceId: null,
      description: description ?? null,
    },
    id,
    type: "Microsoft.Authorization/roleAssignments",
    name,
  };
}

export function shownDenial(denial: DenyAssignment): object {
  const { id, name, description, scope, permission, principals, excluded, doNotApplyToChildScopes } = denial;
  return {
    properties: {
      denyAssignmentName: name,
      description,
      permissions: [permission],
      scope,
      doNotApplyToChildScopes,
      principals: principals.map(asPrincipal),
      excludePrincipals: excluded.map(asPrincipal),
      isSystemProtected: true,
    },
    id: `${scope}/providers/Microsoft.Authorization/denyAssignments/${id}`,
    type: "Microsoft.Authorization/denyAssignments",
    name: id,
  };
}

function asPrincipal(id: string): object {
  return { id, type: id === everyone ? "SystemDefined" : "ServicePrincipal" };
}

/** `scope`: where it was asked for; the id names its subscription. */
export function shownDefinition(definition: RoleDefinition, scope: string): object {
  const { id, roleName, type, description, assignableScopes, permissions } = definition;
  return {
    properties: {
      roleName,
      type,
      description,
      assignableScopes,
      permissions,
      createdOn: "2015-02-02T21:55:09.8806423Z",
      updatedOn: "2023-11-01T00:00:00.0000000Z",
      createdBy: null,
      updatedBy: null,
    },
    id: definitionId(id, scope),
    type: "Microsoft.Authorization/roleDefinitions",
    name: id,
  };
}

export function definitionId(id: string, scope: string): string {
  const subscription = subscriptionOf(scope);
  const above = subscription === undefined ? "" : `/subscriptions/${subscription}`;
  return `${above}/providers/Microsoft.Authorization/roleDefinitions/${id}`;
}
