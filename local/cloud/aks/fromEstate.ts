import { nodeResourceGroupOf, resourceId, startingCredential, type Estate } from "../estates/estate.ts";
import { clusterStore, type Cluster, type ClusterStore, type Pool } from "./store.ts";

/** `now`: when the nodes count as imaged. */
export function clustersFrom(estate: Estate, now: number): ClusterStore {
  const tenantOf = new Map(estate.subscriptions.map(({ id, tenantId }) => [id, tenantId]));
  const clusters = estate.clusters.map((source): Cluster => {
    const { name, subscriptionId, resourceGroup, location, kubernetesVersion, identity, vnetSubnetId } = source;
    const credential = startingCredential(estate, source);
    return {
      id: resourceId("Microsoft.ContainerService/managedClusters", source),
      tenantId: tenantOf.get(subscriptionId) ?? "",
      ...{ name, subscriptionId, resourceGroup, location, kubernetesVersion },
      nodeResourceGroup: nodeResourceGroupOf(source),
      ...(vnetSubnetId !== undefined && { vnetSubnetId }),
      ...(identity.kind === "managedIdentity" && { managedIdentity: identity.objectId }),
      ...{ credential, provisioningState: source.provisioningState, powerState: source.powerState },
      pools: source.pools.map((pool, index): Pool => {
        const { name: poolName, mode, vmSize, maxSurge, provisioningState, powerState } = pool;
        const nodes = Array.from({ length: pool.nodes }, (_, number) => ({
          name: `aks-${poolName}-${10_000_000 + index}-vmss${number.toString(36).padStart(6, "0")}`,
          ...{ credential, imagedAt: now },
        }));
        return { name: poolName, mode, vmSize, maxSurge, provisioningState, powerState, nodes };
      }),
      revision: 0,
    };
  });
  return clusterStore(clusters);
}
