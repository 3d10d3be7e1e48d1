import type { ClusterDump, RoleAssignmentDump } from "./dump.ts";
import type { AskedLink, Evidence } from "./evidence.ts";
import { forbids } from "./governs.ts";
import { directoryRefuses, homeOf, vaultRefuses } from "./home.ts";
import { isWithin, same } from "./names.ts";
import { admits } from "./network.ts";
import { canAssign, canUpdate, idsOf, type Standing } from "./rights.ts";

type Sides = Pick<AskedLink, "cluster" | "registry"> & Partial<Pick<AskedLink, "link">>;
type Seen = Pick<Evidence, "dump" | "automation" | "secretLifeInDays">;

/** Why something that stands in the world at the end refuses a link; undefined where nothing does. */
export function standingRefusal(sides: Sides, seen: Seen): string | undefined {
  const cluster = seen.dump.arm.clusters.find(({ id }) => same(id, sides.cluster));
  if (!cluster) return "there is no such cluster";
  return (
    clusterRefuses(cluster, seen) ??
    registryRefuses(sides.registry, seen) ??
    (nodesAreKeptOut(sides, seen) ? "the network keeps the cluster's nodes from the registry" : undefined) ??
    directoryRefuses(cluster.tenantId, sides.link, seen) ??
    vaultRefuses(homeOf(seen.dump, seen.automation), seen.secretLifeInDays, seen) ??
    rolesAreStuck(cluster, seen)
  );
}

function clusterRefuses(cluster: ClusterDump, seen: Standing): string | undefined {
  if (cluster.clientId === "msi") return "the cluster has a managed identity";
  if (cluster.powerState !== "Running") return `the cluster is ${cluster.powerState}`;
  if (cluster.provisioningState !== "Succeeded") return `the cluster is ${cluster.provisioningState}`;
  const unwell = cluster.pools.find(({ provisioningState }) => provisioningState !== "Succeeded");
  if (unwell) return `the pool ${unwell.name} is ${unwell.provisioningState}`;
  if (!canUpdate(cluster, seen)) return "the app has no right to update the cluster";
  return forbids(seen.dump, cluster.id);
}

/** The role that lets pull, by the registry's mode. */
const pullRoles = {
  roles: "7f951dda-4ed3-4680-a7ca-43fe172d538d",
  repositories: "b93aa761-3e63-49ed-ac28-beffa264f7ac",
} as const;

function registryRefuses(registryId: string, seen: Standing): string | undefined {
  const registry = seen.dump.arm.registries.find(({ id }) => same(id, registryId));
  if (!registry) return "there is no such registry";
  const isAbac = registry.roleAssignmentMode === "AbacRepositoryPermissions";
  if (!canAssign(isAbac ? pullRoles.repositories : pullRoles.roles, registry, seen))
    return "the app has no right to assign the role at the registry";
  return forbids(seen.dump, registry.id);
}

/**
 * By the registry's rules, or by the cluster's own way out, which does not reach the host of the blobs. That the registry
 * keeps the app out refuses no link: it is the nodes that pull.
 */
export function nodesAreKeptOut(
  { cluster: clusterId, registry: registryId }: Sides,
  { dump }: Pick<Seen, "dump">,
): boolean {
  const { clusters, registries, clustersWithoutBlobs } = dump.arm;
  const cluster = clusters.find(({ id }) => same(id, clusterId));
  const registry = registries.find(({ id }) => same(id, registryId));
  if (clustersWithoutBlobs.some((id) => same(id, clusterId))) return true;
  return cluster !== undefined && registry !== undefined && !admits(registry.network, cluster.egressAddress);
}

/** What the cluster lives on must be carried over first: every role of its own that its credential of now has, wherever that is. */
function rolesAreStuck(cluster: ClusterDump, seen: Seen): string | undefined {
  const { arm } = seen.dump;
  const ids = idsOf(cluster.clientId, cluster.tenantId, seen.dump);
  for (const role of arm.roleAssignments.filter(({ principalId }) => ids.includes(principalId))) {
    const scope = scopeOfCopy(role, cluster);
    const isOthers = arm.clusters.some((one) => one !== cluster && isOf(one, scope));
    if (isOthers && !isOf(cluster, scope)) continue;
    if (!canAssign(role.roleDefinitionId, { id: scope, tenantId: cluster.tenantId }, seen))
      return `the app has no right to assign the role ${role.roleName} at ${scope}`;
    const reason = forbids(seen.dump, scope);
    if (reason !== undefined) return `${reason}, where the cluster has a role: ${scope}`;
  }
  return undefined;
}

/** One above the subscription is given where the cluster's nodes are. */
function scopeOfCopy({ scope }: RoleAssignmentDump, { nodeResourceGroup }: ClusterDump): string {
  return /^\/subscriptions\//i.test(scope) ? scope : nodeResourceGroup;
}

/** Does a scope lie in a cluster, or in the group of its nodes? */
function isOf({ id, nodeResourceGroup }: ClusterDump, scope: string): boolean {
  return isWithin(scope, id) || isWithin(scope, nodeResourceGroup);
}
