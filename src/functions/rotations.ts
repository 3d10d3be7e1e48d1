import { randomUUID } from "node:crypto";
import { InputError } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import { longestTurnInSeconds, tokensAfterLeak, type ScopeInput } from "../domain/rotationScope.ts";
import { after } from "../domain/time.ts";
import { isUnderWay } from "../activities/standing.ts";
import type { World } from "../activities/world.ts";
import type { Config } from "../config.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import type { Instances } from "../durable/instances.ts";
import { rotateScope } from "../orchestrators/rotateScope.ts";
import type { InstancesOf } from "./connect.ts";
import { flag, json, readJson, type Handler } from "./http.ts";
import { inParts } from "./paging.ts";
import { enlist, type Enlisted } from "./rotationsTurns.ts";
import { planned, warningsOf, type Planned } from "./rotationsPlan.ts";
import { inScope } from "./rotationsScope.ts";
import type { RotationsRequest } from "./rotationsRequest.ts";

type Connected = {
  readonly world: World;
  readonly config: Pick<
    Config,
    | "waits"
    | "sweepLimits"
    | "secretLifetimeInDays"
    | "rotationFraction"
    | "maintenanceWindow"
    | "preflightLimitInSeconds"
  >;
};

/**
 * POST /api/rotations : replaces the secrets of all clusters in a scope, so many at once. What runs already and does what
 * is asked for is answered with, so that a repeated request starts nothing again.
 */
export function startRotations(connect: () => Promise<Connected>, instancesOf: InstancesOf): Handler {
  return async (request, context) => {
    const dryRun = flag(request, "dryRun");
    const { parseRotations } = await import("./rotationsRequest.ts");
    const wanted = parseRotations(await readJson(request));
    const asked = { ...(await connect()), instances: instancesOf(context) };
    const { toRotate, leftOut } = await inScope(wanted.scope, asked.world);
    if (!dryRun) refuseUnconfirmed(wanted, toRotate.length);
    const plans = await planned(toRotate, wanted, asked);
    const warnings = warningsOf(plans, wanted, asked.world.now());
    const others = {
      leftOut: leftOut.map(leftOutView),
      warnings,
      ...(wanted.reason === "leak" ? { tokens: tokensAfterLeak } : {}),
    };
    if (dryRun) return json(200, { count: plans.length, clusters: plans.map(planView), ...others });
    return json(202, { operations: await begin(plans, wanted, asked), ...others });
  };
}

function refuseUnconfirmed({ confirm }: RotationsRequest, count: number): void {
  if (count === 0) throw new InputError("CP-NOTHING-TO-ROTATE", "no cluster in the scope holds a credential of ours");
  if (confirm === count) return;
  const said = confirm === null ? "`confirm` is missing" : `\`confirm\` is ${confirm.toString()}`;
  throw new InputError("CP-NOT-CONFIRMED", `${said}, and ${count.toString()} would be rotated now`);
}

function planView({ identity, clusterKey, nodes, links, opening, expiresAt, standing }: Planned, index: number) {
  const position = index + 1;
  const operationId = isUnderWay(standing) ? standing.operation.id : null;
  return { clusterKey, cluster: identity.clusterId, nodes, links, opening, expiresAt, position, operationId };
}

function leftOutView({ clusterKey, clusterId, appId }: PullIdentity) {
  const reason = appId === null ? "it has no pull identity yet" : "its nodes hold no credential of ours";
  return { clusterKey, cluster: clusterId, reason };
}

/** Every operation stands on its row before the instance starts that begins them in turn. */
async function begin(
  plans: readonly Planned[],
  wanted: RotationsRequest,
  asked: Connected & { readonly instances: Instances },
) {
  const { config, instances, world } = asked;
  const instanceId = names.scope(randomUUID());
  const maxConcurrent = wanted.maxConcurrent ?? config.sweepLimits.maxConcurrent;
  const until = after(world.now(), longestTurnInSeconds).toISOString();
  const list = { instanceId, of: plans.length, maxConcurrent, until };
  const numbered = plans.map((plan, index) => ({ plan, position: index + 1 }));
  const enlisted = await inParts(numbered, ({ plan, position }) => enlist(plan, { ...list, position }, asked));
  const idsOf = (some: readonly Enlisted[]): readonly string[] => some.map(({ operationId }) => operationId);
  const operations = idsOf(enlisted.filter(({ isNew }) => isNew));
  const underWay = idsOf(enlisted.filter(({ isNew }) => !isNew));
  const { waits, secretLifetimeInDays, rotationFraction, maintenanceWindow } = config;
  const defaults = { secretLifetimeInDays, rotationFraction, maintenanceWindow };
  const input: ScopeInput = { instanceId, operations, underWay, maxConcurrent, until, defaults, waits };
  if (operations.length > 0) await instances.start(rotateScope, instanceId, input);
  return enlisted.map(({ operationId }, index) => {
    return { clusterKey: plans[index]?.clusterKey, operationId, position: index + 1 };
  });
}
