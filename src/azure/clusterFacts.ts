import type { ManagedCluster, ManagedClusterAgentPoolProfile } from "@azure/arm-containerservice";
import { TransientError } from "../domain/errors.ts";
import type { ClusterFacts, NodePool } from "../domain/facts.ts";

/** What Azure leaves out stays unknown: neither "stopped" nor "no nodes". */
export function clusterFacts(cluster: ManagedCluster, id: string): ClusterFacts {
  const { apiServerAccessProfile } = cluster;
  const pools = (cluster.agentPoolProfiles ?? []).map(poolOf);
  const subnetIds = distinct([
    ...pools.map(({ subnetId }) => subnetId),
    ...(cluster.agentPoolProfiles ?? []).map(({ podSubnetID }) => podSubnetID),
    apiServerAccessProfile?.subnetId,
  ]);
  const diskEncryptionSetIds = distinct([cluster.diskEncryptionSetID]);
  const privateDnsZoneId = zoneOf(apiServerAccessProfile?.privateDNSZone);
  const told = new Set([cluster.id ?? id, privateDnsZoneId, ...subnetIds, ...diskEncryptionSetIds].map(inOneCase));
  return {
    outcome: "found",
    id: cluster.id ?? id,
    provisioningState: cluster.provisioningState ?? null,
    powerState: cluster.powerState?.code ?? null,
    clientId: clientIdOf(cluster, id),
    nodeResourceGroup: cluster.nodeResourceGroup ?? null,
    subnetIds,
    diskEncryptionSetIds,
    privateDnsZoneId,
    pools,
    otherIds: distinct(idsIn(cluster)).filter((one) => !told.has(inOneCase(one))),
  };
}

/** Every id of a resource, wherever it stands: Azure adds places with each version. */
function idsIn(value: unknown): readonly string[] {
  if (typeof value === "string")
    return /^\/subscriptions\/[^/]+\/resourceGroups\/.+\/providers\//i.test(value) ? [value] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(idsIn) : [];
}

/** Whether the nodes hold a service principal's credential decides everything: an answer that does not say is asked for again. */
function clientIdOf({ servicePrincipalProfile, identity }: ManagedCluster, id: string): string {
  if (servicePrincipalProfile?.clientId) return servicePrincipalProfile.clientId;
  if (identity?.type && identity.type !== "None") return "msi";
  throw new TransientError(`ARM does not say which service principal the cluster ${id} uses`);
}

function poolOf(pool: ManagedClusterAgentPoolProfile): NodePool {
  const { name, provisioningState, powerState, count, type, vnetSubnetID, maxPods } = pool;
  return {
    name,
    provisioningState: provisioningState ?? null,
    powerState: powerState?.code ?? null,
    // Pools of VirtualMachines have their sizes and numbers elsewhere; a count there would be no count of nodes.
    nodes: type === "VirtualMachines" ? null : (count ?? null),
    type: type ?? null,
    subnetId: vnetSubnetID ?? null,
    maxPods: maxPods ?? null,
  };
}

/** The standard zones are words, not ids. */
function zoneOf(zone: string | undefined): string | null {
  return zone?.startsWith("/") ? zone : null;
}

function inOneCase(id: string | null): string {
  return (id ?? "").toLowerCase();
}

function distinct(ids: readonly (string | null | undefined)[]): readonly string[] {
  const known = new Map<string, string>();
  for (const id of ids) if (id) known.set(id.toLowerCase(), known.get(id.toLowerCase()) ?? id);
  return [...known.values()];
}
