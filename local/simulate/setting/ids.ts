import type { Placed } from "./quiet.ts";
import { resourceId, type Estate, type EstateCluster, type EstateRegistry } from "../../cloud/estates/estate.ts";

export function clusterId(cluster: EstateCluster): string {
  return resourceId("Microsoft.ContainerService/managedClusters", cluster);
}

export function registryId(registry: EstateRegistry): string {
  return resourceId("Microsoft.ContainerRegistry/registries", registry);
}

export function tenantOf({ subscriptions }: Estate, subscriptionId: string | undefined): string | undefined {
  return subscriptions.find(({ id }) => id === subscriptionId)?.tenantId;
}

export function registryPlace(registry: EstateRegistry): readonly Placed[] {
  return [{ kind: "registry", id: registryId(registry) }];
}
