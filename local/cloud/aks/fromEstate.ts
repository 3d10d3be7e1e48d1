import {
  kubeletIdentityOf,
  nodeResourceGroupOf,
  resourceId,
  startingCredential,
  type Estate,
  type EstateCluster,
} from "../estates/estate.ts";
import { digestOf } from "../kit/chance.ts";
import { clusterStore, newNode, type Cluster, type ClusterStore, type Credential, type Pool } from "./store.ts";

/** `now`: when the nodes count as imaged. `registryHost`: where a registry of the estate is reached here. */
export function clustersFrom(estate: Estate, now: number, registryHost: (name: string) => string): ClusterStore {
  const tenantOf = new Map(estate.subscriptions.map(({ id, tenantId }) => [id, tenantId]));
  const imageHere = (image: string): string => {
    const [host = "", ...rest] = image.split("/");
    const registry = estate.registries.find(({ name }) => `${name}.azurecr.io`.toLowerCase() === host.toLowerCase());
    return [registry ? registryHost(registry.name) : host, ...rest].join("/");
  };
  const clusters = estate.clusters.map((source): Cluster => {
    const { name, subscriptionId, resourceGroup, location, kubernetesVersion, identity } = source;
    const id = resourceId("Microsoft.ContainerService/managedClusters", source);
    const credential = startingCredential(estate, source);
    const kubeletIdentity = kubeletIdentityOf(source);
    return {
      id,
      tenantId: tenantOf.get(subscriptionId) ?? "",
      name,
      subscriptionId,
      resourceGroup,
      location,
      kubernetesVersion,
      nodeResourceGroup: nodeResourceGroupOf(source),
      egressAddress: source.egressAddress ?? ownAddress(id),
      pulls: (source.pulls ?? []).map(imageHere),
      subnets: subnetsOf(source),
      ...(source.privateDnsZone !== undefined && { privateDnsZone: source.privateDnsZone }),
      diskEncryptionSets: source.diskEncryptionSets ?? [],
      ...(source.routeTable !== undefined && { routeTable: source.routeTable }),
      ...(identity.kind === "managedIdentity" && { managedIdentity: identity.objectId }),
      ...(kubeletIdentity && { kubeletIdentity }),
      credential,
      tags: {},
      maintenance: new Map((source.maintenanceConfigurations ?? []).map((one) => [one.name, one.properties] as const)),
      provisioningState: source.provisioningState,
      powerState: source.powerState,
      pools: source.pools.map((pool, index) => poolFrom(pool, index, { source, credential, now })),
      revision: 0,
      updates: 0,
      wasRefused: false,
    };
  });
  return clusterStore(clusters);
}

interface Making {
  readonly source: EstateCluster;
  readonly credential: Credential | undefined;
  readonly now: number;
}

function poolFrom(
  { nodes: count, ...pool }: EstateCluster["pools"][number],
  index: number,
  { source, credential, now }: Making,
): Pool {
  const { name, mode, vmSize, maxSurge, provisioningState, powerState } = pool;
  const subnets = subnetsOf(source);
  const subnetId = subnets[index] ?? subnets[0];
  const type = pool.type ?? "VirtualMachineScaleSets";
  const made: Pool = {
    name,
    mode,
    type,
    priority: pool.priority ?? "Regular",
    vmSize,
    maxSurge,
    ...(subnetId !== undefined && { subnetId }),
    provisioningState,
    powerState,
    nodes: [],
    nodePrefix: `aks-${name}-${10_000_000 + index}-${type === "VirtualMachines" ? "vms" : "vmss"}`,
    nextNode: 0,
    nodeImage: "AKSUbuntu-2204gen2containerd-202611.05.0",
    autoscaled: 0,
  };
  made.nodes = Array.from({ length: count }, () => newNode(made, { credential, imagedAt: now, isSurge: false }));
  return made;
}

function subnetsOf({ subnets, vnetSubnetId }: EstateCluster): readonly string[] {
  return subnets ?? (vnetSubnetId === undefined ? [] : [vnetSubnetId]);
}

/** In the range that is kept for tests of networks, and so belongs to nobody. Source: RFC 2544 */
function ownAddress(clusterId: string): string {
  const [second = 0, third = 0, fourth = 0] = digestOf(["egress", clusterId.toLowerCase()]);
  return `198.${18 + (second % 2)}.${third}.${1 + (fourth % 254)}`;
}
