/** What a rotation would do, read now; nothing is changed. */
import { allRows } from "../activities/allRows.ts";
import { inTenant, type World } from "../activities/world.ts";
import { InputError } from "../domain/errors.ts";
import type { NodePool } from "../domain/facts.ts";
import type { Link } from "../domain/link.ts";
import { registryOf } from "../domain/onboarding.ts";
import { nextOpening } from "../domain/openings.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import { counted } from "../domain/rules/rule.ts";
import { clusterUnreadable } from "../domain/unreadable.ts";
import type { MaintenanceWindow } from "../domain/window.ts";

type Reads = Pick<World, "clusters" | "registries" | "links" | "now">;

export async function rotationPlan(
  { clusterKey, clusterId, tenantId }: PullIdentity,
  window: MaintenanceWindow | null,
  world: Reads,
) {
  const facts = await world.clusters.get(inTenant({ id: clusterId, tenantId }));
  if (facts.outcome !== "found") {
    const { code, detail } = clusterUnreadable(clusterId, facts);
    throw new InputError(code, detail);
  }
  const pools = running(facts.pools);
  const reimaged = nodesOf(facts.pools);
  const links: Awaited<ReturnType<typeof linkPlan>>[] = [];
  for await (const link of allRows(world.links, { clusterKey }))
    if (link.grant !== null) links.push(await linkPlan(link, pools, world));
  const now = world.now().toISOString();
  return {
    clusterKey,
    cluster: clusterId,
    nodes: { reimaged, words: `${counted(reimaged, "node")} re-imaged, one surge at a time` },
    opening: window === null ? now : nextOpening(window, now),
    links,
  };
}

function running(pools: readonly NodePool[]): readonly NodePool[] {
  return pools.filter(({ powerState }) => powerState !== "Stopped");
}

/** Nodes of pools that are stopped are not there. */
export function nodesOf(pools: readonly NodePool[]): number {
  return running(pools).reduce((sum, { nodes }) => sum + (nodes ?? 0), 0);
}

/** A re-imaged node has no images: it asks the registry for a token once an image, and its pods have at least one each. */
async function linkPlan(link: Link, pools: readonly NodePool[], { registries }: Reads) {
  const facts = await registries.get(inTenant(registryOf(link)));
  const sku = facts.outcome === "found" ? facts.sku : null;
  const limitPerMinute = sku === null ? null : tokensPerMinute(sku);
  const atMost = pools.reduce((sum, { nodes, maxPods }) => sum + (nodes ?? 0) * (maxPods ?? mostPods), 0);
  return {
    id: link.id,
    registry: link.registry,
    requests: { atMost, limitPerMinute, words: requestWords(atMost, sku, limitPerMinute) },
  };
}

/** AKS allows no more pods on a node. */
const mostPods = 250;

/** Requests for tokens a minute that a registry answers before it asks to wait; learn.microsoft.com, "Azure Container Registry SKUs". */
function tokensPerMinute(sku: string): number {
  return sku.toLowerCase() === "premium" ? 20_000 : 10_000;
}

function requestWords(atMost: number, sku: string | null, limit: number | null): string {
  const asked = `full nodes with one image a pod ask for ${counted(atMost, "token")}`;
  if (limit === null) return `${asked}; which tier the registry has cannot be read`;
  const verdict =
    atMost <= limit ? "less than a minute's limit even if all at once" : "more than a minute takes, if all at once";
  return `${asked}, ${verdict}: the ${sku ?? ""} registry answers ${limit.toString()} a minute`;
}
