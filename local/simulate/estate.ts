import {
  loadEstate,
  resourceId,
  type Estate,
  type EstateCluster,
  type EstateRegistry,
} from "../cloud/estates/estate.ts";

/** The world a simulation begins with, and what of it is asked to be linked. */
export interface Setting {
  readonly estate: Estate;
  /** Ids of the clusters that are onboarded. */
  readonly clusters: readonly Place[];
  readonly registries: readonly (Place & { readonly repository: string; readonly tag: string })[];
}

export interface Place {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
}

const nodesPerCluster = 2;

/**
 * An estate by name or file with as many generated clusters as asked for (without `generate`, its own first ones). Where no
 * cluster has a registry in its own tenant, one is added: what a cluster could pull before is what it must not lose.
 */
export function settingOf(source: string, clusters: number, seed: number): Setting {
  const loaded = loadEstate(source, { clusters, seed });
  const isGenerated = loaded.generate !== undefined;
  const made = madeOnce(loaded);
  const chosen = isGenerated ? made.clusters.slice(made.clusters.length - clusters) : made.clusters.slice(0, clusters);
  const estate = withHomeRegistry(isGenerated ? withNodes(made, chosen) : made, chosen);
  const tenantOf = (subscriptionId: string): string =>
    estate.subscriptions.find(({ id }) => id === subscriptionId)?.tenantId ?? "";
  return {
    estate,
    clusters: chosen.map((one) => ({
      id: resourceId("Microsoft.ContainerService/managedClusters", one),
      name: one.name,
      tenantId: tenantOf(one.subscriptionId),
    })),
    registries: estate.registries.flatMap((one) => {
      const [repository] = one.repositories;
      const [tag] = repository?.tags ?? [];
      if (!repository || tag === undefined) return [];
      return [
        {
          id: resourceId("Microsoft.ContainerRegistry/registries", one),
          name: one.name,
          tenantId: tenantOf(one.subscriptionId),
          repository: repository.name,
          tag,
        },
      ];
    }),
  };
}

/** What is generated is in the lists by now; the cloud must not make it again. */
function madeOnce(loaded: Estate): Estate {
  const estate: { -readonly [Key in keyof Estate]: Estate[Key] } = { ...loaded };
  delete estate.generate;
  delete estate.generateRegistries;
  delete estate.generateCustomers;
  return estate;
}

function withNodes(estate: Estate, chosen: readonly EstateCluster[]): Estate {
  const clusters = estate.clusters.map((one) =>
    chosen.includes(one) ? { ...one, pools: one.pools.map((pool) => ({ ...pool, nodes: nodesPerCluster })) } : one,
  );
  return { ...estate, clusters };
}

function withHomeRegistry(estate: Estate, chosen: readonly EstateCluster[]): Estate {
  const [first] = chosen;
  const tenantOf = (subscriptionId: string): string | undefined =>
    estate.subscriptions.find(({ id }) => id === subscriptionId)?.tenantId;
  const home = first && tenantOf(first.subscriptionId);
  if (!first || estate.registries.some(({ subscriptionId }) => tenantOf(subscriptionId) === home)) return estate;
  const registry: EstateRegistry = {
    name: "contosohome",
    subscriptionId: first.subscriptionId,
    resourceGroup: "rg-home",
    location: first.location,
    sku: "Standard",
    roleAssignmentMode: "LegacyRegistryPermissions",
    azureADAuthenticationAsArmPolicy: "enabled",
    adminUserEnabled: false,
    anonymousPullEnabled: false,
    publicNetworkAccess: "Enabled",
    repositories: [{ name: "team/base", tags: ["v1"] }],
  };
  const scope = resourceId("Microsoft.ContainerRegistry/registries", registry);
  const pulls = chosen.flatMap((cluster) => {
    const principalId = principalOf(cluster, estate);
    return principalId === undefined ? [] : [{ scope, principalId, role: "AcrPull" }];
  });
  return {
    ...estate,
    registries: [...estate.registries, registry],
    roleAssignments: [...estate.roleAssignments, ...pulls],
  };
}

function principalOf({ identity }: EstateCluster, estate: Estate): string | undefined {
  if (identity.kind !== "servicePrincipal") return identity.objectId;
  const application = estate.applications.find(({ key }) => key === identity.application);
  return application?.servicePrincipals.find(({ tenantId }) => tenantId === application.tenantId)?.objectId;
}
