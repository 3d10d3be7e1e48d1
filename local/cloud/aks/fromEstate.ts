import {
  nodeResourceGroupOf,
  resourceId,
  startingCredential,
  type Estate,
  type EstateCluster,
} from "../estates/estate.ts";
import { digestOf } from "../kit/chance.ts";
import { clusterStore, type Cluster, type ClusterStore, type Credential, type Node, type Pool } from "./store.ts";

/** `now`: when the nodes count as imaged. `registryHost`: where a registry of the estate is reached here. */
export function clustersFrom(estate: Estate, now: number, registryHost: (name: string) => string): ClusterStore {
  const tenantOf = new Map(estate.subscriptions.map(({ id, tenantId }) => [id, tenantId]));
  const imageHere = (image: string): string => {
    const [host = "", ...rest] = image.split("/");
    const registry = estate.registries.find(({ name }) => `${name}.azurecr.io`.toLowerCase() === host.toLowerCase());
    return [registry ? registryHost(registry.name) : host, ...rest].join("/");
  };
  const clusters = estate.clusters.map((source): Cluster => {
    const { name, subscriptionId, resourceGroup, location, kubernetesVersion, identity, vnetSubnetId } = source;
    const id = resourceId("Microsoft.ContainerService/managedClusters", source);
    const credential = startingCredential(estate, source);
    return {
      id,
      tenantId: tenantOf.get(subscriptionId) ?? "",
      name,
      subscriptionId,
      resourceGroup,
      location,
      kubernetesVersion,
      nodeResourceGroup: nodeResourceGroupOf(source),
      ...(vnetSubnetId !== undefined && { vnetSubnetId }),
      egressAddress: source.egressAddress ?? ownAddress(id),
      pulls: (source.pulls ?? []).map(imageHere),
      ...(identity.kind === "managedIdentity" && { managedIdentity: identity.objectId }),
      credential,
      provisioningState: source.provisioningState,
      powerState: source.powerState,
      pools: source.pools.map((pool, index) => poolFrom(pool, index, { credential, imagedAt: now })),
      revision: 0,
    };
  });
  return clusterStore(clusters);
}

function poolFrom(
  { name, mode, vmSize, maxSurge, provisioningState, powerState, nodes: count }: EstateCluster["pools"][number],
  index: number,
  { credential, imagedAt }: { readonly credential: Credential | undefined; readonly imagedAt: number },
): Pool {
  const nodes = Array.from({ length: count }, (_, number): Node => {
    const ending = number.toString(36).padStart(6, "0");
    return { name: `aks-${name}-${10_000_000 + index}-vmss${ending}`, credential, imagedAt };
  });
  return { name, mode, vmSize, maxSurge, provisioningState, powerState, nodes };
}

/** In the range that is kept for tests of networks, and so belongs to nobody. Source: RFC 2544 */
function ownAddress(clusterId: string): string {
  const [second = 0, third = 0, fourth = 0] = digestOf(["egress", clusterId.toLowerCase()]);
  return `198.${18 + (second % 2)}.${third}.${1 + (fourth % 254)}`;
}
