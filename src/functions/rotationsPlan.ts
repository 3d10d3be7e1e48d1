/** What a request for many rotations would do, and in which order. Reads only. */
import { allRows } from "../activities/allRows.ts";
import { rotationOf, type Rotating } from "../activities/beginRotation.ts";
import { isUnderWay, type Standing } from "../activities/standing.ts";
import { inTenant, type Needs } from "../activities/world.ts";
import { nextOpening } from "../domain/openings.ts";
import { effectivePolicy } from "../domain/policy.ts";
import { firstExpiry, type PullIdentity } from "../domain/pullIdentity.ts";
import { covers, inOrder, type Candidate } from "../domain/rotationScope.ts";
import { counted } from "../domain/rules/rule.ts";
import type { Instances } from "../durable/instances.ts";
import { inParts } from "./paging.ts";
import { nodesOf } from "./rotationPlan.ts";
import type { RotationsRequest } from "./rotationsRequest.ts";

export type Planning = {
  readonly world: Needs<"clusters" | "links" | "identities" | "operations" | "now">;
  readonly config: Rotating["config"] & { readonly preflightLimitInSeconds: number };
  readonly instances: Instances;
};

/** A cluster whose secret is to be replaced. */
export type Planned = Candidate & {
  readonly identity: PullIdentity;
  /** When the update can begin. */
  readonly opening: string;
  readonly hasWindow: boolean;
  readonly wanted: { readonly reason: RotationsRequest["reason"]; readonly ignoresWindow: boolean };
  /** The last rotation of it, as it stands. */
  readonly standing: Standing | undefined;
};

export async function planned(
  identities: readonly PullIdentity[],
  request: RotationsRequest,
  planning: Planning,
): Promise<readonly Planned[]> {
  const { config, instances, world } = planning;
  const links = await linksOfEach(world);
  const nodes = await nodesOfEach(identities, planning);
  const now = world.now().toISOString();
  const all = await inParts(identities, async (identity): Promise<Planned> => {
    const { clusterKey } = identity;
    const { window } = effectivePolicy(identity.policy, config);
    const ignoresWindow = request.ignoreWindows;
    return {
      identity,
      clusterKey,
      links: links.get(clusterKey) ?? 0,
      nodes: nodes.get(clusterKey) ?? null,
      expiresAt: firstExpiry(identity),
      opening: window === null || ignoresWindow ? now : nextOpening(window, now),
      hasWindow: window !== null,
      wanted: { reason: request.reason, ignoresWindow },
      standing: await rotationOf({ identity, world, instances }),
    };
  });
  return inOrder(all);
}

/** Links with a role in the other tenant, by cluster: one pass, however many clusters there are. */
async function linksOfEach({ links }: Needs<"links">): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for await (const { clusterKey, grant } of allRows(links, {}))
    if (grant !== null) found.set(clusterKey, (found.get(clusterKey) ?? 0) + 1);
  return found;
}

/** The nodes of as many clusters as can be read in time; one that cannot be read now keeps nobody waiting. */
async function nodesOfEach(
  identities: readonly PullIdentity[],
  { world, config }: Planning,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  let isOver = false;
  const read = async ({ clusterKey, clusterId, tenantId }: PullIdentity): Promise<void> => {
    if (isOver) return;
    try {
      const facts = await world.clusters.get(inTenant({ id: clusterId, tenantId }));
      if (facts.outcome === "found") found.set(clusterKey, nodesOf(facts.pools));
    } catch {
      // It only decides the order.
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, config.preflightLimitInSeconds * 1000);
  });
  await Promise.race([inParts(identities, read), late]);
  clearTimeout(timer);
  isOver = true;
  return new Map(found);
}

/** What a person should know before, and after, in sentences. */
export function warningsOf(
  plans: readonly Planned[],
  { reason, ignoreWindows }: RotationsRequest,
  at: Date,
): readonly string[] {
  const unread = plans.filter(({ nodes }) => nodes === null).length;
  const replaced = plans.filter((plan) => isUnderWay(plan.standing) && !isCovered(plan)).length;
  const closed = plans.map(({ opening }) => opening).filter((opening) => new Date(opening) > at);
  const halfway = plans.filter(({ identity: { onCluster } }) => onCluster.state !== "held").length;
  const isLeak = reason === "leak";
  const last = [...closed].sort().at(-1) ?? "";
  return [
    unread > 0
      ? `the nodes of ${counted(unread, "cluster")} could not be read in time: they are ordered as if they had one each`
      : [],
    replaced > 0 ? `${counted(replaced, "rotation")} under way cannot do what is asked for, and will be replaced` : [],
    isLeak && closed.length > 0 && !ignoreWindows
      ? `${counted(closed.length, "cluster")} will hold the leaked secret until the maintenance window opens, the last at ${last}: send ignoreWindows: true to begin now`
      : [],
    isLeak && halfway > 0
      ? `the nodes of ${counted(halfway, "cluster")} may hold two secrets, and both may have leaked: a third is made, until all nodes hold it`
      : [],
  ].flat();
}

/** Does what runs or waits for this cluster do what is wanted? A window that is not there need not be ignored. */
export function isCovered({ standing, wanted, hasWindow }: Planned): boolean {
  const ignoresWindow = wanted.ignoresWindow && hasWindow;
  return isUnderWay(standing) && covers(standing.operation.rotation, { reason: wanted.reason, ignoresWindow });
}
