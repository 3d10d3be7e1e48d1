import {
  loadEstate,
  requireOne,
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
 * cluster has a registry in its own tenant, some are added: what a cluster could pull before is what it must not lose.
 */
export function settingOf(source: string, clusters: number, seed: number): Setting {
  const loaded = loadEstate(source, { clusters, seed });
  const isGenerated = loaded.generate !== undefined;
  const made = madeOnce(loaded);
  const chosen = isGenerated ? made.clusters.slice(made.clusters.length - clusters) : made.clusters.slice(0, clusters);
  const estate = withHomeRegistries(isGenerated ? withMoreRegistries(withNodes(made, chosen), chosen) : made, chosen);
  return {
    estate,
    clusters: chosen.map((one) => ({
      id: resourceId("Microsoft.ContainerService/managedClusters", one),
      name: one.name,
      tenantId: tenantOf(estate, one.subscriptionId) ?? "",
    })),
    registries: estate.registries.flatMap((one) => {
      const [repository] = one.repositories;
      const [tag] = repository?.tags ?? [];
      if (!repository || tag === undefined) return [];
      return [
        {
          id: resourceId("Microsoft.ContainerRegistry/registries", one),
          name: one.name,
          tenantId: tenantOf(estate, one.subscriptionId) ?? "",
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

/** The other company's first registry three times more, so that one that is locked or closed does not decide all links. */
function withMoreRegistries(estate: Estate, chosen: readonly EstateCluster[]): Estate {
  const home = tenantOf(estate, chosen[0]?.subscriptionId);
  const at = estate.registries.findIndex(({ subscriptionId }) => tenantOf(estate, subscriptionId) !== home);
  const first = estate.registries[at];
  if (!first) return estate;
  const scope = idOf(first);
  const more = [2, 3, 4].map((number) => ({ ...first, name: `${first.name}${number}` }));
  const roles = more.flatMap((registry) =>
    estate.roleAssignments
      .filter((one) => one.scope.toLowerCase() === scope.toLowerCase())
      .map((one) => ({ ...one, scope: idOf(registry) })),
  );
  return {
    ...estate,
    registries: [...estate.registries.slice(0, at + 1), ...more, ...estate.registries.slice(at + 1)],
    roleAssignments: [...estate.roleAssignments, ...roles],
  };
}

/** One for every four clusters, where there is none. */
function withHomeRegistries(estate: Estate, chosen: readonly EstateCluster[]): Estate {
  const [first] = chosen;
  const home = tenantOf(estate, first?.subscriptionId);
  if (!first || estate.registries.some(({ subscriptionId }) => tenantOf(estate, subscriptionId) === home))
    return estate;
  const registries = chosen.flatMap((_, index) => (index % 4 === 0 ? [homeRegistry(first, index / 4 + 1)] : []));
  const pulls = chosen.flatMap((cluster, index) => {
    const principalId = principalOf(cluster, estate);
    const registry = registries[Math.floor(index / 4)];
    return principalId === undefined || !registry ? [] : [{ scope: idOf(registry), principalId, role: "AcrPull" }];
  });
  return {
    ...estate,
    registries: [...estate.registries, ...registries],
    roleAssignments: [...estate.roleAssignments, ...pulls],
  };
}

function homeRegistry({ subscriptionId, location }: EstateCluster, number: number): EstateRegistry {
  const made = loadEstate({
    tenants: [{ id: "a0000000-0000-4000-8000-000000000001", name: "home", domain: "home.example" }],
    subscriptions: [{ id: subscriptionId, tenantId: "a0000000-0000-4000-8000-000000000001", name: "home" }],
    registries: [
      {
        name: `contosohome${number}`,
        subscriptionId,
        resourceGroup: "rg-home",
        location,
        roleAssignmentMode: "LegacyRegistryPermissions",
        repositories: [{ name: "team/base", tags: ["v1"] }],
      },
    ],
  });
  return requireOne(made.registries, "registry");
}

function idOf(registry: EstateRegistry): string {
  return resourceId("Microsoft.ContainerRegistry/registries", registry);
}

function tenantOf({ subscriptions }: Estate, subscriptionId: string | undefined): string | undefined {
  return subscriptions.find(({ id }) => id === subscriptionId)?.tenantId;
}

function principalOf({ identity }: EstateCluster, estate: Estate): string | undefined {
  if (identity.kind !== "servicePrincipal") return identity.objectId;
  const application = estate.applications.find(({ key }) => key === identity.application);
  return application?.servicePrincipals.find(({ tenantId }) => tenantId === application.tenantId)?.objectId;
}
