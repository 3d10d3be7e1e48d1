import type { Dump, RoleAssignmentDump } from "./dump.ts";
import { isWithin, lastPart, same } from "./names.ts";

/** What somebody may do somewhere is read by the names of roles, and by the roles that a condition lists. */
const mayUpdateClusters = new Set([
  "Crosspull Cluster Operator",
  "Azure Kubernetes Service Contributor Role",
  "Contributor",
  "Owner",
]);
const mayAssignRoles = new Set(["Role Based Access Control Administrator", "User Access Administrator", "Owner"]);
const mayKeepSecrets = new Set(["Key Vault Secrets Officer", "Key Vault Administrator"]);

/** A resource, and the tenant it is in. */
export interface Place {
  readonly id: string;
  readonly tenantId: string;
}

/** The app, by its client id, in the world as it is. */
export interface Standing {
  readonly dump: Dump;
  readonly automation: string;
}

export function canUpdate(cluster: Place, standing: Standing): boolean {
  return rolesAt(cluster, standing).some(({ roleName }) => mayUpdateClusters.has(roleName));
}

/** May the app give this role there? */
export function canAssign(roleDefinitionId: string, place: Place, standing: Standing): boolean {
  return rolesAt(place, standing).some(
    ({ roleName, condition }) => mayAssignRoles.has(roleName) && admits(condition, roleDefinitionId),
  );
}

export function canKeepSecrets(vault: Place, standing: Standing): boolean {
  return rolesAt(vault, standing).some(({ roleName }) => mayKeepSecrets.has(roleName));
}

/** Object ids that a role of somebody may be given to: its own, and those of the groups it is in, through groups too. */
export function idsOf(appId: string, tenantId: string, { entra }: Dump): readonly string[] {
  const tenant = entra.tenants.find(({ id }) => same(id, tenantId));
  const ids = (tenant?.servicePrincipals ?? []).filter((one) => same(one.appId, appId)).map(({ id }) => id);
  for (let size = -1; size < ids.length;) {
    size = ids.length;
    for (const { id, members } of tenant?.groups ?? [])
      if (!ids.includes(id) && members.some((one) => ids.includes(one))) ids.push(id);
  }
  return ids;
}

/** Is a resource at a scope or below it, management groups among the scopes? */
export function isBelow(resourceId: string, scope: string, dump: Dump): boolean {
  const [, group] = /^\/providers\/Microsoft\.Management\/managementGroups\/([^/]+)/i.exec(scope) ?? [];
  if (group === undefined) return isWithin(resourceId, scope);
  return subscriptionsIn(group, dump).some((id) => isWithin(resourceId, `/subscriptions/${id}`));
}

function subscriptionsIn(group: string, dump: Dump): readonly string[] {
  const { managementGroups } = dump.arm;
  const own = managementGroups.find(({ id }) => same(id, group))?.subscriptions ?? [];
  const below = managementGroups.filter(({ parent }) => same(parent ?? "", group));
  return [...own, ...below.flatMap(({ id }) => subscriptionsIn(id, dump))];
}

function rolesAt({ id, tenantId }: Place, { dump, automation }: Standing): readonly RoleAssignmentDump[] {
  const ids = idsOf(automation, tenantId, dump);
  return dump.arm.roleAssignments.filter(
    ({ principalId, scope }) => ids.includes(principalId) && isBelow(id, scope, dump),
  );
}

/** A condition may list the roles that may be given; one that lists none says nothing about them. */
function admits(condition: string | undefined, roleDefinitionId: string): boolean {
  const listed = /@Request\[[^\]]*:RoleDefinitionId\]\s*ForAnyOfAnyValues:GuidEquals\s*\{([^}]*)\}/gi;
  const lists = [...(condition ?? "").matchAll(listed)].map(([, list = ""]) => list.toLowerCase());
  return lists.length === 0 || lists.some((list) => list.includes(lastPart(roleDefinitionId).toLowerCase()));
}
