import { nodeResourceGroupOf, type Estate, type EstateCluster } from "../../cloud/estates/estate.ts";
import { generateClusters } from "../../cloud/estates/generate.ts";
import { chanceOf } from "../../cloud/kit/chance.ts";
import { clusterId, tenantOf } from "./ids.ts";
import { candidatesFor, type Placed, type Quiet } from "./quiet.ts";

interface Wanted {
  readonly count: number;
  /** Of the estate, where it generates clusters. */
  readonly knobs: Estate["generate"];
  readonly seed: number;
  readonly quiet: Quiet;
}

interface Grown {
  readonly estate: Estate;
  readonly chosen: readonly EstateCluster[];
}

export function withClusters(estate: Estate, { count, knobs, seed, quiet }: Wanted): Grown {
  const own = knobs ? [] : estate.clusters.slice(0, count);
  const missing = count - own.length;
  const places = knobs ?? besideThe(own[0], estate);
  if (missing === 0 || !places) return { estate, chosen: own };
  const all = generateClusters(estate, { ...places, clusters: candidatesFor(missing) });
  const candidates = all.clusters.slice(estate.clusters.length);
  const placesOf = (one: EstateCluster): readonly Placed[] => [
    { kind: "cluster", id: clusterId(one) },
    { kind: "nodeGroup", id: nodeGroupId(one) },
  ];
  const added = quiet.choose(candidates, missing, placesOf, all).map((one) => withPools(one, seed));
  return { estate: withThem(estate, all, added), chosen: [...own, ...added] };
}

/** The estate as it was, with those of the generated clusters and what belongs to them. */
function withThem(estate: Estate, all: Estate, added: readonly EstateCluster[]): Estate {
  const names = new Set(added.map(({ name }) => name));
  const groups = new Set(added.map(nodeGroupId));
  const roles = all.roleAssignments.slice(estate.roleAssignments.length);
  return {
    ...estate,
    applications: [
      ...estate.applications,
      ...all.applications.slice(estate.applications.length).filter(({ key }) => names.has(key)),
    ],
    clusters: [...estate.clusters, ...added],
    roleAssignments: [...estate.roleAssignments, ...roles.filter(({ scope }) => groups.has(scope))],
  };
}

/** Two nodes: half of the clusters have them in one pool, the others in two, of which the second is for applications. */
function withPools(cluster: EstateCluster, seed: number): EstateCluster {
  const [first] = cluster.pools;
  if (!first) return cluster;
  const isSplit = chanceOf(seed, "pools", cluster.name) < 0.5;
  const pools = isSplit
    ? [
        { ...first, nodes: 1 },
        { ...first, name: "apps", mode: "User" as const, nodes: 1 },
      ]
    : [{ ...first, nodes: 2 }];
  return { ...cluster, pools };
}

function besideThe(
  first: EstateCluster | undefined,
  estate: Estate,
): Omit<NonNullable<Estate["generate"]>, "clusters"> | undefined {
  const tenantId = tenantOf(estate, first?.subscriptionId);
  if (!first || tenantId === undefined) return undefined;
  const { subscriptionId, resourceGroup } = first;
  return { tenantId, subscriptionId, resourceGroup, nodesPerCluster: 2 };
}

function nodeGroupId(cluster: EstateCluster): string {
  return `/subscriptions/${cluster.subscriptionId}/resourceGroups/${nodeResourceGroupOf(cluster)}`;
}
