import { tidyScope } from "../armKit/scope.ts";
import type { Hierarchy } from "../armKit/hierarchy.ts";
import type { Estate } from "../estates/estate.ts";
import { assignmentId } from "./assignments.ts";
import { builtInRoles, type RoleDefinition } from "./builtInRoles.ts";
import { parseCondition } from "./conditions.ts";
import { nameFrom } from "./names.ts";
import { roleStore, type RoleStore } from "./store.ts";

/** Assignments of the estate have long been in force; their names follow from scope, principal and role. */
export function rolesFrom(estate: Estate, now: number, hierarchy: Hierarchy): RoleStore {
  const store = roleStore([...builtInRoles, ...customRoles(estate)]);
  const byName = new Map(store.definitions().map((one) => [one.roleName, one]));
  const groups = new Set(estate.groups.map(({ objectId }) => objectId));
  const at = new Date(now).toISOString();
  for (const { scope, principalId, role, condition } of estate.roleAssignments) {
    const definition = byName.get(role);
    if (!definition) throw new Error(`not a valid estate: no role named ${role}`);
    const tenantId = hierarchy.tenantOf(scope);
    if (tenantId === undefined) throw new Error(`not a valid estate: the scope ${scope} is in no subscription of it`);
    const name = nameFrom(`${scope.toLowerCase()}/${principalId}/${definition.id}`);
    store.put({
      id: assignmentId(scope, name),
      name,
      tenantId,
      principalId,
      principalType: groups.has(principalId) ? "Group" : "ServicePrincipal",
      scope: tidyScope(scope),
      roleId: definition.id,
      ...(condition !== undefined && { condition: { text: condition, parsed: parseCondition(condition) } }),
      createdAt: at,
      updatedAt: at,
      createdBy: "",
      settledAt: 0,
    });
  }
  return store;
}

function customRoles({ roleDefinitions }: Estate): readonly RoleDefinition[] {
  return roleDefinitions.map(({ id, roleName, description, assignableScopes, ...permission }) => ({
    id,
    roleName,
    description,
    assignableScopes,
    type: "CustomRole",
    permissions: [permission],
  }));
}
