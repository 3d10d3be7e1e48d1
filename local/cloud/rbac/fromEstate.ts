import { createHash } from "node:crypto";
import { subscriptionOf, tidyScope } from "../armKit/scope.ts";
import type { Estate } from "../estates/estate.ts";
import { assignmentId } from "./assignments.ts";
import { builtInRoles, type RoleDefinition } from "./builtInRoles.ts";
import { parseCondition } from "./conditions.ts";
import { roleStore, type RoleStore } from "./store.ts";

/** Assignments of the estate have long been in force; their names follow from scope, principal and role. */
export function rolesFrom(estate: Estate, now: number): RoleStore {
  const custom = estate.roleDefinitions.map(
    ({ id, roleName, description, assignableScopes, ...permission }): RoleDefinition => ({
      ...{ id, roleName, description, assignableScopes, type: "CustomRole", permissions: [permission] },
    }),
  );
  const store = roleStore([...builtInRoles, ...custom]);
  const byName = new Map(store.definitions().map((one) => [one.roleName, one]));
  const tenantOf = new Map(estate.subscriptions.map(({ id, tenantId }) => [id, tenantId]));
  const at = new Date(now).toISOString();
  for (const { scope, principalId, role, condition } of estate.roleAssignments) {
    const definition = byName.get(role);
    if (!definition) throw new Error(`not a valid estate: no role named ${role}`);
    const tenantId = tenantOf.get(subscriptionOf(scope) ?? "");
    if (tenantId === undefined) throw new Error(`not a valid estate: the scope ${scope} is in no subscription of it`);
    const name = nameFrom(`${scope.toLowerCase()}/${principalId}/${definition.id}`);
    store.put({
      id: assignmentId(scope, name),
      ...{ name, tenantId, principalId, principalType: "ServicePrincipal" },
      ...{ scope: tidyScope(scope), roleId: definition.id },
      ...(condition !== undefined && { condition: { text: condition, parsed: parseCondition(condition) } }),
      ...{ createdAt: at, updatedAt: at, createdBy: "", settledAt: 0 },
    });
  }
  return store;
}

function nameFrom(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");
}
