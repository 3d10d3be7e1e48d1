import { loadEstate, type Estate, type EstateCluster } from "../../cloud/estates/estate.ts";
import { clusterId, registryId, tenantOf } from "./ids.ts";
import { withClusters } from "./clusters.ts";
import { withCompanies } from "./companies.ts";
import { withHomeRegistries } from "./homes.ts";
import { everywhereQuiet, quietUnder } from "./quiet.ts";

/** The world a simulation begins with, and what of it is asked to be linked. */
export interface Setting {
  readonly estate: Estate;
  /** The clusters that are onboarded. */
  readonly clusters: readonly Place[];
  readonly registries: readonly (Place & { readonly repository: string; readonly tag: string })[];
}

export interface Place {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
}

export interface SettingOptions {
  /** Name or file. */
  readonly source: string;
  readonly clusters: number;
  readonly seed: number;
  /** Does the cloud put locks, policies, firewalls and the like on what the estate names? */
  readonly asInLife: boolean;
  /** So many registries of other companies at most, of each company one before any has two; all unless given. */
  readonly registries?: number;
}

/**
 * An estate by name or file, grown to as many clusters as asked for: generated ones alone where the estate has `generate`,
 * else its own first ones and then generated ones beside them. Where it has `generate`, companies with registries come, too. Where no
 * cluster has a registry in its own tenant, some are added: what a cluster could pull before is what it must not lose.
 *
 * What is added is for the most part where nothing stands in the way: links that all are refused tell little.
 */
export function settingOf(options: SettingOptions): Setting {
  const { source, clusters: count, seed, asInLife, registries: most = Infinity } = options;
  const loaded = loadEstate(source, { clusters: 0, seed });
  const quiet = asInLife ? quietUnder(seed) : everywhereQuiet;
  const named = withoutKnobs(loaded);
  const wider = loaded.generate ? withCompanies(named, loaded.generate.tenantId, quiet) : named;
  const grown = withClusters(wider, { count, knobs: loaded.generate, seed, quiet });
  const estate = withHomeRegistries(grown.estate, grown.chosen, quiet);
  const clusters = grown.chosen.map((one) => placeOf(one, estate));
  return { estate, clusters, registries: onlySome(registriesOf(estate), clusters[0]?.tenantId, most) };
}

function onlySome(registries: Setting["registries"], home: string | undefined, most: number): Setting["registries"] {
  const elsewhere = registries.filter(({ tenantId }) => tenantId !== home);
  const rank = (one: Place): number =>
    elsewhere.filter(({ tenantId }) => tenantId === one.tenantId).findIndex(({ id }) => id === one.id);
  const kept = new Set([...elsewhere].sort((one, other) => rank(one) - rank(other)).slice(0, most));
  return registries.filter((one) => one.tenantId === home || kept.has(one));
}

/** What is generated is in the lists; the cloud must not make it again. */
function withoutKnobs(loaded: Estate): Estate {
  const estate: { -readonly [Key in keyof Estate]: Estate[Key] } = { ...loaded };
  delete estate.generate;
  delete estate.generateRegistries;
  delete estate.generateCustomers;
  return estate;
}

function placeOf(cluster: EstateCluster, estate: Estate): Place {
  return { id: clusterId(cluster), name: cluster.name, tenantId: tenantOf(estate, cluster.subscriptionId) ?? "" };
}

/** Those with an image. */
function registriesOf(estate: Estate): Setting["registries"] {
  return estate.registries.flatMap((one) => {
    const [repository] = one.repositories;
    const [tag] = repository?.tags ?? [];
    if (!repository || tag === undefined) return [];
    const tenantId = tenantOf(estate, one.subscriptionId) ?? "";
    return [{ id: registryId(one), name: one.name, tenantId, repository: repository.name, tag }];
  });
}
