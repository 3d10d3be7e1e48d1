import { nodeResourceGroupOf, resourceId, type Estate } from "../estates/estate.ts";
import { resourceGroupOf, subscriptionOf } from "./scope.ts";

export interface Subscription {
  readonly id: string;
  readonly tenantId: string;
  readonly displayName: string;
}

export interface ListedResource {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly location: string;
}

export interface ResourceGroup {
  readonly name: string;
  readonly location: string;
}

/** Which subscriptions, groups and resources there are. They do not change while the cloud runs. */
export interface Catalog {
  readonly subscriptions: readonly Subscription[];
  subscription(id: string): Subscription | undefined;
  hasGroup(subscriptionId: string, group: string): boolean;
  groups(subscriptionId: string): readonly ResourceGroup[];
  resources(subscriptionId: string): readonly ListedResource[];
}

export function catalogOf(estate: Estate): Catalog {
  const subscriptions = estate.subscriptions.map(({ id, tenantId, name }) => ({ id, tenantId, displayName: name }));
  const byId = new Map(subscriptions.map((one) => [one.id, one]));
  const groups = new Map<string, Map<string, ResourceGroup>>();
  const addGroup = (subscriptionId: string, name: string, location = "westeurope"): void => {
    const known = groups.get(subscriptionId.toLowerCase()) ?? new Map<string, ResourceGroup>();
    groups.set(subscriptionId.toLowerCase(), known);
    if (!known.has(name.toLowerCase())) known.set(name.toLowerCase(), { name, location });
  };
  const resources = new Map<string, ListedResource[]>();
  const kinds = [
    ["Microsoft.ContainerService/managedClusters", estate.clusters],
    ["Microsoft.ContainerRegistry/registries", estate.registries],
    ["Microsoft.KeyVault/vaults", estate.vaults],
  ] as const;
  for (const [type, items] of kinds)
    for (const item of items) {
      addGroup(item.subscriptionId, item.resourceGroup, item.location);
      const listed = resources.get(item.subscriptionId) ?? [];
      listed.push({ id: resourceId(type, item), name: item.name, type, location: item.location });
      resources.set(item.subscriptionId, listed);
    }
  for (const cluster of estate.clusters)
    addGroup(cluster.subscriptionId, nodeResourceGroupOf(cluster), cluster.location);
  for (const { subscriptionId, resourceGroup } of estate.managedIdentities) addGroup(subscriptionId, resourceGroup);
  for (const { scope } of estate.roleAssignments) {
    const [subscription, group] = [subscriptionOf(scope), resourceGroupOf(scope)];
    if (subscription && group) addGroup(subscription, group);
  }
  return {
    subscriptions,
    subscription: (id) => byId.get(id.toLowerCase()),
    hasGroup: (subscriptionId, group) => groups.get(subscriptionId.toLowerCase())?.has(group.toLowerCase()) ?? false,
    groups: (subscriptionId) => [...(groups.get(subscriptionId.toLowerCase())?.values() ?? [])],
    resources: (subscriptionId) => resources.get(subscriptionId.toLowerCase()) ?? [],
  };
}
