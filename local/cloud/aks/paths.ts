import type { ArmRoute } from "../armKit/guard.ts";
import { Refusal } from "../armKit/refusal.ts";
import type { Cluster, ClusterStore, Pool } from "./store.ts";

export type Params = Readonly<Record<string, string>>;

export const provider = "providers/Microsoft.ContainerService";
export const subscription = "/subscriptions/:subscription";
export const clusters = `${subscription}/resourceGroups/:group/${provider}/managedClusters`;

export function clusterAt({ subscription: id, group, cluster }: Params): string {
  return `/subscriptions/${id}/resourceGroups/${group}/${provider}/managedClusters/${cluster}`;
}

/** The resource group that AKS makes for a cluster's nodes. */
export function nodeGroupOf({ subscriptionId, nodeResourceGroup }: Cluster): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${nodeResourceGroup}`;
}

/** `action` below `Microsoft.ContainerService/managedClusters`, at a scope. */
export function on(action: string, scope: (params: Params) => string): NonNullable<ArmRoute["right"]> {
  return { action: `Microsoft.ContainerService/managedClusters/${action}`, scope };
}

export function foundCluster(store: ClusterStore, params: Params): Cluster {
  const cluster = store.get(clusterAt(params));
  if (cluster) return cluster;
  throw new Refusal(
    "ResourceNotFound",
    `The Resource 'Microsoft.ContainerService/managedClusters/${params["cluster"]}' under resource group '${params["group"]}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

export function foundPool({ pools }: Cluster, params: Params): Pool {
  const pool = pools.find(({ name }) => name === params["pool"]?.toLowerCase());
  if (pool) return pool;
  throw new Refusal("NotFound", `Could not find the agent pool ${params["pool"]}.`);
}
