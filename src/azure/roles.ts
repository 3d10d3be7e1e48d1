import type {
  AuthorizationManagementClient,
  AuthorizationManagementClientOptionalParams,
  RoleAssignment,
} from "@azure/arm-authorization";
import type { Permission } from "../domain/roles.ts";
import { clientKey, readClientKey } from "./arm.ts";
import type { Assigned, Assignment, NewAssignment, Roles } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { isForbidden, lasting, refused, transient, unexpected, type Failure } from "./errors.ts";
import { guid } from "./guid.ts";
import { lazyPer } from "./lazy.ts";

type Client = AuthorizationManagementClient;
type Policy = NonNullable<AuthorizationManagementClientOptionalParams["additionalPolicies"]>[number]["policy"];
type Clients = (key: string) => Promise<Client>;

/** What a person has to change, besides plain missing rights. */
const forbiddingCodes = new Set(["ScopeLocked", "RoleAssignmentLimitExceeded", "RoleAssignmentUpdateNotPermitted"]);
const goneCodes = new Set(["RoleAssignmentNotFound", "ResourceNotFound"]);

export function connectRoles(cloud: Cloud, credentials: Credentials): Roles {
  const clients: Clients = lazyPer(async (key) => {
    const { AuthorizationManagementClient } = await import("@azure/arm-authorization");
    const { tenantId, subscriptionId } = readClientKey(key);
    return new AuthorizationManagementClient(await credentials.credentialFor(tenantId), subscriptionId, {
      endpoint: cloud.armUrl,
      credentialScopes: cloud.armScope,
      additionalPolicies: [{ policy: singleSlashes, position: "perCall" }],
    });
  });
  return { ...reading(clients), ...writing(clients) };
}

/** The client leaves two slashes where a resource has no parent. */
const singleSlashes: Policy = {
  name: "singleSlashes",
  sendRequest: (request, next) => {
    const url = new URL(request.url);
    url.pathname = url.pathname.replace(/\/{2,}/g, "/");
    request.url = url.href;
    return next(request);
  },
};

function reading(clients: Clients): Pick<Roles, "permissions" | "listFor"> {
  return {
    async permissions(tenantId, scope) {
      const what = `ask what we may do on ${scope.id}`;
      const [namespace = "", type = "", name = ""] = scope.id.split("/providers/")[1]?.split("/") ?? [];
      try {
        const client = await clients(clientKey({ ...scope, tenantId }));
        const found: Permission[] = [];
        const asked = client.permissions.listForResource(scope.resourceGroup, namespace, "", type, name);
        for await (const { actions, notActions } of asked) {
          found.push({ actions: actions ?? [], notActions: notActions ?? [] });
        }
        return found;
      } catch (error) {
        const failure = lasting(error, what);
        if (isForbidden(failure) || failure.status === 404) return [];
        throw unexpected(failure, what);
      }
    },

    async listFor(tenantId, subscriptionId, principalId) {
      const what = `list the roles of ${principalId} in subscription ${subscriptionId}`;
      try {
        const client = await clients(clientKey({ tenantId, subscriptionId }));
        const filter = `principalId eq '${guid(principalId)}'`;
        return await collect(client.roleAssignments.listForSubscription({ filter }));
      } catch (error) {
        throw unexpected(lasting(error, what), what);
      }
    },
  };
}

function writing(clients: Clients): Pick<Roles, "assign" | "remove"> {
  return {
    async assign(tenantId, assignment) {
      const what = `assign role ${assignment.roleId} at ${assignment.scope}`;
      const client = await clients(clientKey({ tenantId, subscriptionId: subscriptionOf(assignment.scope) }));
      try {
        return await create(client, assignment);
      } catch (error) {
        const failure = lasting(error, what);
        if (failure.code === "RoleAssignmentExists") return existing(client, assignment, failure, what);
        if (failure.code === "PrincipalNotFound") return refused("principalNotFound", failure);
        if (isForbidden(failure) || forbiddingCodes.has(failure.code)) return refused("forbidden", failure);
        throw unexpected(failure, what);
      }
    },

    async remove(tenantId, assignmentId) {
      const what = `remove the role assignment ${assignmentId}`;
      const client = await clients(clientKey({ tenantId, subscriptionId: subscriptionOf(assignmentId) }));
      try {
        await client.roleAssignments.deleteById(bare(assignmentId));
      } catch (error) {
        const failure = lasting(error, what);
        if (isGone(failure)) return;
        // A right that depends on what is deleted is no right to delete what is not there.
        if (isForbidden(failure) && (await isMissing(client, assignmentId, what))) return;
        throw unexpected(failure, what);
      }
    },
  };
}

function isGone({ status, code }: Failure): boolean {
  return status === 404 && goneCodes.has(code);
}

async function isMissing(client: Client, assignmentId: string, what: string): Promise<boolean> {
  try {
    await client.roleAssignments.getById(bare(assignmentId));
    return false;
  } catch (error) {
    return isGone(lasting(error, what));
  }
}

async function create(client: Client, assignment: NewAssignment): Promise<Assigned> {
  const { name, scope, roleId, principalId, condition } = assignment;
  let status = 0;
  const made = await client.roleAssignments.create(
    bare(scope),
    name,
    { roleDefinitionId: roleDefinitionId(scope, roleId), principalId, principalType: "ServicePrincipal", ...condition },
    { onResponse: (answer) => (status = answer.status) },
  );
  const id = made.id ?? `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
  return { outcome: "assigned", id, created: status === 201 };
}

/** The same grant under a name we did not choose: ours already, or made by a person. */
async function existing(client: Client, wanted: NewAssignment, failure: Failure, what: string): Promise<Assigned> {
  const filter = `principalId eq '${guid(wanted.principalId)}'`;
  try {
    const found = await collect(client.roleAssignments.listForScope(bare(wanted.scope), { filter }));
    const same = found.find(
      ({ scope, roleDefinitionId: role }) =>
        scope.toLowerCase() === wanted.scope.toLowerCase() && lastPart(role) === lastPart(wanted.roleId),
    );
    if (same) return { outcome: "assigned", id: same.id, created: false };
  } catch (error) {
    throw unexpected(lasting(error, what), what);
  }
  // The list lags behind the write that made it exist.
  throw transient(failure, what);
}

async function collect(found: AsyncIterable<RoleAssignment>): Promise<Assignment[]> {
  const assignments: Assignment[] = [];
  for await (const { id, scope, roleDefinitionId, condition, conditionVersion } of found) {
    if (!id || !scope || !roleDefinitionId) throw new Error("ARM answered with half a role assignment");
    assignments.push({
      id,
      scope,
      roleDefinitionId,
      condition: condition ?? null,
      conditionVersion: conditionVersion ?? null,
    });
  }
  return assignments;
}

/** The client puts a slash in front of scopes and ids itself. */
function bare(id: string): string {
  return id.replace(/^\//, "");
}

function lastPart(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1).toLowerCase();
}

function subscriptionOf(id: string): string {
  return /^\/?subscriptions\/([^/]+)/i.exec(id)?.[1] ?? "";
}

function roleDefinitionId(scope: string, roleId: string): string {
  if (roleId.startsWith("/")) return roleId;
  const subscriptionId = subscriptionOf(scope);
  const root = subscriptionId === "" ? "" : `/subscriptions/${subscriptionId}`;
  return `${root}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`;
}
