import type { Assignment } from "../domain/facts.ts";
import type { Permission } from "../domain/roles.ts";
import { authorization, authorizationVersion, connectArm } from "./arm.ts";
import { asking } from "./asking.ts";
import { assign, remove } from "./assignments.ts";
import { assignmentsAt, assignmentsEverywhere, type Listing } from "./assignmentLists.ts";
import type { Roles } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { isForbidden } from "./errors.ts";
import { lazyPer } from "./lazy.ts";
import { locksAt } from "./locks.ts";
import { listAll, type AskRest } from "./rest.ts";

export function connectRoles(cloud: Cloud, credentials: Credentials): Roles {
  const arm = connectArm(cloud, credentials);
  const find = (tenantId: string, wanted: Parameters<Roles["find"]>[1]): Promise<readonly Assignment[]> =>
    findAt({ arm, tenantId }, wanted);
  const roleName = lazyPer((key) => nameOf(arm, key));
  return {
    permissions: (tenantId, scope) => permissions(arm, tenantId, scope.id),
    find,
    assign: (tenantId, assignment) => assign(arm, tenantId, assignment, () => find(tenantId, assignment)),
    assignmentsOf: (tenantId, principalIds, near) => assignmentsEverywhere({ arm, tenantId }, principalIds, near ?? []),
    roleName: (tenantId, roleDefinitionId) => roleName(`${tenantId} ${roleDefinitionId}`),
    locks: (tenantId, scope) => locksAt(arm, tenantId, scope.id),
    remove: (tenantId, assignmentId) => remove(arm, tenantId, assignmentId),
  };
}

function permissions(arm: AskRest, tenantId: string, scope: string): Promise<readonly Permission[]> {
  return asking(
    { what: `ask what we may do on ${scope}`, repeatable: true },
    async (signal) => {
      const to = `${scope}/${authorization}/permissions?api-version=${authorizationVersion}`;
      const found = await listAll(arm, tenantId, { to, signal });
      return found.map(({ actions, notActions }) => ({ actions: texts(actions), notActions: texts(notActions) }));
    },
    (failure) => (isForbidden(failure) || failure.status === 404 ? [] : undefined),
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

function nameOf(arm: AskRest, key: string): Promise<string> {
  const [tenantId = "", id = ""] = key.split(" ");
  return asking(
    { what: `read the role ${id}`, repeatable: true },
    async (signal) => {
      const to = `${id}?api-version=${authorizationVersion}`;
      const { body } = await arm(tenantId, { method: "GET", to, signal });
      const { properties } = (body ?? {}) as { properties?: { roleName?: unknown } };
      return typeof properties?.roleName === "string" ? properties.roleName : id;
    },
    () => id,
  );
}
