import type { Assignment, Known } from "../domain/facts.ts";
import type { Permission, Role, RolePermission } from "../domain/roles.ts";
import { lastPart } from "../domain/scopes.ts";
import { authorization, connectArm } from "./arm.ts";
import { asking } from "./asking.ts";
import { assign, remove } from "./assignments.ts";
import { assignmentsAt, assignmentsEverywhere, type Listing } from "./assignmentLists.ts";
import type { Roles } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { unknownBy } from "./errors.ts";
import { claimsOf } from "./jwt.ts";
import { locksAt } from "./locks.ts";
import { assignConditions, denials, type OurNeeds } from "./ourRights.ts";
import { bare, connectRbac, type Rbac } from "./rbac.ts";
import { listAll, type AskRest } from "./rest.ts";

export function connectRoles(cloud: Cloud, credentials: Credentials): Roles {
  const arm = connectArm(cloud, credentials);
  const rbac = connectRbac(cloud, credentials);
  const find = (tenantId: string, wanted: Parameters<Roles["find"]>[1]): Promise<readonly Assignment[]> =>
    findAt({ arm, rbac, tenantId }, wanted);
  const role = rolesRead(rbac);
  const permissions: Roles["permissions"] = (tenantId, scope) => permissionsAt(arm, tenantId, scope);
  const asUs = async <Answer>(
    tenantId: string,
    places: readonly string[],
    ask: (needs: OurNeeds, places: readonly string[]) => Promise<readonly Known<Answer>[]>,
  ): Promise<readonly Known<Answer>[]> => {
    const us = await ourObjectId(cloud, credentials, tenantId);
    if (us.outcome === "unknown") return places.map(() => us);
    return ask({ arm, rbac, tenantId, role, permissions, ourId: us.value }, places);
  };
  return {
    permissions,
    assignConditions: (tenantId, places) => asUs(tenantId, places, assignConditions),
    denials: (tenantId, places) => asUs(tenantId, places, denials),
    find,
    assign: (tenantId, assignment) => assign(rbac, tenantId, assignment, () => find(tenantId, assignment)),
    assignmentsOf: (tenantId, principalIds, near) =>
      assignmentsEverywhere({ arm, rbac, tenantId }, principalIds, near ?? []),
    role,
    locks: (tenantId, scope) => locksAt(arm, tenantId, scope.id),
    remove: (tenantId, assignmentId) => remove(rbac, tenantId, assignmentId),
  };
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

function ourObjectId({ armScope }: Cloud, credentials: Credentials, tenantId: string): Promise<Known<string>> {
  return asking(
    { what: `sign in to tenant ${tenantId}`, repeatable: true },
    async (abortSignal): Promise<Known<string>> => {
      const token = await (await credentials.credentialFor(tenantId)).getToken(armScope, { abortSignal });
      const { oid } = (await claimsOf(token?.token ?? "")) ?? {};
      return typeof oid === "string"
        ? { outcome: "known", value: oid }
        : { outcome: "unknown", detail: "our token names no object of ours" };
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
