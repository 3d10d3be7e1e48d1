import type { Assignment, InTenant, Known } from "../domain/facts.ts";
import type { Permission, Role, RolePermission } from "../domain/roles.ts";
import { authorization, connectArm } from "./arm.ts";
import { asking } from "./asking.ts";
import { assign, remove } from "./assignments.ts";
import { assignmentsAt, assignmentsEverywhere, type Listing } from "./assignmentLists.ts";
import type { Roles } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { isForbidden, unknownBy } from "./errors.ts";
import { locksAt } from "./locks.ts";
import { bare, connectRbac, type Rbac } from "./rbac.ts";
import { listAll, type AskRest } from "./rest.ts";

export function connectRoles(cloud: Cloud, credentials: Credentials): Roles {
  const arm = connectArm(cloud, credentials);
  const rbac = connectRbac(cloud, credentials);
  const find = (tenantId: string, wanted: Parameters<Roles["find"]>[1]): Promise<readonly Assignment[]> =>
    findAt({ arm, rbac, tenantId }, wanted);
  const role = rolesRead(rbac);
  return {
    permissions: (tenantId, scope) => permissions(rbac, tenantId, scope),
    permissionsAt: (tenantId, scope) => permissionsAt(arm, tenantId, scope),
    find,
    assign: (tenantId, assignment) => assign(rbac, tenantId, assignment, () => find(tenantId, assignment)),
    assignmentsOf: (tenantId, principalIds, near) =>
      assignmentsEverywhere({ arm, rbac, tenantId }, principalIds, near ?? []),
    role,
    locks: (tenantId, scope) => locksAt(arm, tenantId, scope.id),
    remove: (tenantId, assignmentId) => remove(rbac, tenantId, assignmentId),
  };
}

function permissions(rbac: Rbac, tenantId: string, scope: InTenant): Promise<readonly Permission[]> {
  const { id, subscriptionId, resourceGroup } = scope;
  const [namespace = "", type = "", name = ""] = id.split(/\/providers\//i)[1]?.split("/") ?? [];
  return asking(
    { what: `ask what we may do on ${id}`, repeatable: true },
    async (abortSignal) => {
      const client = await rbac(tenantId, subscriptionId);
      const asked = client.permissions.listForResource(resourceGroup, namespace, "", type, name, { abortSignal });
      const found: Permission[] = [];
      for await (const { actions, notActions } of asked) {
        found.push({ actions: texts(actions), notActions: texts(notActions) });
      }
      return found;
    },
    (failure) => (isForbidden(failure) || failure.status === 404 ? [] : undefined),
  );
}

function permissionsAt(arm: AskRest, tenantId: string, scope: string): Promise<Known<readonly Permission[]>> {
  return asking(
    { what: `ask what we may do at ${scope}`, repeatable: true },
    async (signal): Promise<Known<readonly Permission[]>> => {
      const to = `${scope}/${authorization}/permissions?api-version=2022-04-01`;
      const found = await listAll(arm, tenantId, { to, signal });
      return {
        outcome: "known",
        value: found.map(({ actions, notActions }) => ({ actions: texts(actions), notActions: texts(notActions) })),
      };
    },
    unknownBy,
  );
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as unknown[]).filter((one) => typeof one === "string") : [];
}

async function findAt(
  listing: Listing,
  { scope, principalId, roleId }: Parameters<Roles["find"]>[1],
): Promise<readonly Assignment[]> {
  const found = await assignmentsAt(listing, scope, principalId);
  if (found === "hidden") throw new Error(`could not list the roles of ${principalId} at ${scope}: no right`);
  return found.filter(
    (one) =>
      one.scope.toLowerCase() === scope.toLowerCase() &&
      one.principalId.toLowerCase() === principalId.toLowerCase() &&
      lastPart(one.roleDefinitionId) === lastPart(roleId),
  );
}

function lastPart(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1).toLowerCase();
}

/** Each is read once; one that cannot be read is asked for again. */
function rolesRead(rbac: Rbac): Roles["role"] {
  const kept = new Map<string, Known<Role>>();
  return async (tenantId, id) => {
    const key = `${tenantId} ${id}`.toLowerCase();
    const known = kept.get(key);
    if (known) return known;
    const read = await readRole(rbac, tenantId, id);
    if (read.outcome === "known") kept.set(key, read);
    return read;
  };
}

function readRole(rbac: Rbac, tenantId: string, id: string): Promise<Known<Role>> {
  return asking(
    { what: `read the role ${id}`, repeatable: true },
    async (abortSignal): Promise<Known<Role>> => {
      const { roleDefinitions } = await rbac(tenantId);
      const { roleName, permissions = [] } = await roleDefinitions.getById(bare(id), { abortSignal });
      const value = { name: roleName ?? id, permissions: permissions.map(permissionOf) };
      return { outcome: "known", value };
    },
    unknownBy,
  );
}

function permissionOf({ actions, notActions, dataActions, notDataActions }: Described): RolePermission {
  return {
    actions: texts(actions),
    notActions: texts(notActions),
    dataActions: texts(dataActions),
    notDataActions: texts(notDataActions),
  };
}
type Described = { readonly [Part in keyof RolePermission]?: unknown };
