import {
  loadEstate,
  requireOne,
  type Estate,
  type EstateCluster,
  type EstateRegistry,
} from "../../cloud/estates/estate.ts";
import { registryId, registryPlace, tenantOf } from "./ids.ts";
import { candidatesFor, type Quiet } from "./quiet.ts";

const clustersPerRegistry = 4;

/** One registry of the clusters' own company for every four of them, from which they pull, where there is none. */
export function withHomeRegistries(estate: Estate, chosen: readonly EstateCluster[], quiet: Quiet): Estate {
  const [first] = chosen;
  const home = tenantOf(estate, first?.subscriptionId);
  if (!first || estate.registries.some(({ subscriptionId }) => tenantOf(estate, subscriptionId) === home))
    return estate;
  const count = Math.ceil(chosen.length / clustersPerRegistry);
  const candidates = Array.from({ length: candidatesFor(count) }, (_, index) => homeRegistry(first, index + 1));
  const all = { ...estate, registries: [...estate.registries, ...candidates] };
  const registries = quiet.choose(candidates, count, registryPlace, all);
  const pulls = chosen.flatMap((cluster, index) => {
    const principalId = principalOf(cluster, estate);
    const registry = registries[Math.floor(index / clustersPerRegistry)];
    return principalId === undefined || !registry
      ? []
      : [{ scope: registryId(registry), principalId, role: "AcrPull" }];
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

function principalOf({ identity }: EstateCluster, estate: Estate): string | undefined {
  if (identity.kind !== "servicePrincipal") return identity.objectId;
  const application = estate.applications.find(({ key }) => key === identity.application);
  return application?.servicePrincipals.find(({ tenantId }) => tenantId === application.tenantId)?.objectId;
}
