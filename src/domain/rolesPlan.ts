/** Which roles of the old service principal belong to one cluster. */
import type { Assignment, ClusterFacts } from "./facts.ts";
import { pullRoles } from "./roles.ts";

type Copy = { readonly scope: string; readonly roleDefinitionId: string; readonly condition: string | null };
export type RolesPlan = {
  readonly copies: readonly Copy[];
  /** Needed by the cluster, and not to be copied. */
  readonly lost: readonly { readonly assignmentId: string; readonly reason: string }[];
  readonly homeRegistries: readonly string[];
  readonly left: number;
};

export function planRoles(cluster: ClusterFacts, _principalId: string, assignments: readonly Assignment[]): RolesPlan {
  const own = assignments.filter(({ scope }) => belongsTo(cluster, scope));
  const copies = own.map(({ scope, roleDefinitionId, condition }) => ({ scope, roleDefinitionId, condition }));
  const homeRegistries = own
    .filter(({ scope, roleDefinitionId }) => isRegistry(scope) && isPullRole(roleDefinitionId))
    .map(({ scope }) => scope);
  return { copies, lost: [], homeRegistries: [...new Set(homeRegistries)], left: assignments.length - own.length };
}

function isRegistry(scope: string): boolean {
  return /\/providers\/microsoft\.containerregistry\/registries\/[^/]+$/i.test(scope);
}

function isPullRole(roleDefinitionId: string): boolean {
  return Object.values(pullRoles).some(({ id }) => roleDefinitionId.toLowerCase().endsWith(id));
}

function belongsTo(
  { id, nodeResourceGroup, subnetIds, diskEncryptionSetIds, privateDnsZoneId }: ClusterFacts,
  scope: string,
): boolean {
  const [, , subscription = ""] = id.split("/");
  const group =
    nodeResourceGroup === null ? [] : [`/subscriptions/${subscription}/resourceGroups/${nodeResourceGroup}`];
  const networks = subnetIds.map((subnet) => subnet.replace(/\/subnets\/[^/]+$/i, ""));
  const things = [
    id,
    ...group,
    ...subnetIds,
    ...networks,
    ...diskEncryptionSetIds,
    ...(privateDnsZoneId === null ? [] : [privateDnsZoneId]),
  ];
  return isRegistry(scope) || things.some((thing) => isWithin(scope, thing) || isWithin(thing, scope));
}

function isWithin(inner: string, outer: string): boolean {
  return `${inner.toLowerCase()}/`.startsWith(`${outer.toLowerCase().replace(/\/$/, "")}/`);
}
