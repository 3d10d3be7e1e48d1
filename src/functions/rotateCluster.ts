import { randomUUID } from "node:crypto";
import { allRows } from "../activities/allRows.ts";
import { inTenant, type World } from "../activities/world.ts";
import type { Config } from "../config.ts";
import { InputError, TransientError } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import { nextOpening } from "../domain/openings.ts";
import type { Operation, Progress } from "../domain/operation.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import { firstRotationSteps, type RotateInput, type RotationReason } from "../domain/rotation.ts";
import { counted } from "../domain/rules/rule.ts";
import { clusterUnreadable } from "../domain/unreadable.ts";
import type { Instances } from "../durable/instances.ts";
import { rotateCluster } from "../orchestrators/rotateCluster.ts";
import { standardRoute } from "../orchestrators/routes/routes.ts";
import type { InstancesOf } from "./connect.ts";
import { flag, json, type Handler } from "./http.ts";
import { operationView, standingOf, type Standing } from "./linkView.ts";

type Connected = { readonly world: World; readonly config: Config };
type Asked = Connected & { readonly instances: Instances; readonly identity: PullIdentity };

/**
 * POST /api/clusters/{id}/rotation : starts one now. While one of this cluster runs or waits, the same request finds it;
 * where another operation holds the cluster it is refused.
 */
export function startRotation(connect: () => Promise<Connected>, instancesOf: InstancesOf): Handler {
  return async (request, context) => {
    const dryRun = flag(request, "dryRun");
    const connected = await connect();
    const identity = await identityOf(request.params["id"], connected.world);
    const asked = { ...connected, identity, instances: instancesOf(context) };
    const running = await rotationOf(asked);
    if (dryRun) return json(200, await planOf(asked));
    if (running?.life === "alive") return answer(running);
    refuseNothing(identity);
    await refuseIfBusy(asked);
    return answer(await begin(asked, running, "asked"));
  };
}

function answer(standing: Standing) {
  const { id } = standing.operation;
  return json(202, operationView(standing), { location: `/api/operations/${id}` });
}

/** `id`: the cluster's key. */
async function identityOf(id: string | undefined, { identities }: World): Promise<PullIdentity> {
  const row = id && /^[0-9a-f]{16}$/.test(id) ? await identities.read(id) : undefined;
  if (!row) throw new InputError("CP-IDENTITY-NOT-FOUND", `no cluster has the key "${id ?? ""}"`);
  return row.value;
}

async function rotationOf({ identity, world, instances }: Asked): Promise<Standing | undefined> {
  if (identity.rotationId === null) return undefined;
  const row = await world.operations.read(identity.rotationId);
  return row && standingOf(row.value, instances);
}

function refuseNothing({ clusterKey, appId, onCluster }: PullIdentity): void {
  if (appId === null || onCluster.state === "foreign")
    throw new InputError("CP-NOTHING-TO-ROTATE", `the nodes of cluster ${clusterKey} hold no credential of ours`);
}

/** Another operation that changes the cluster now; one that has died holds nothing. */
async function refuseIfBusy({ identity, world, instances }: Asked): Promise<void> {
  const { holder } = identity;
  const row = holder && (await world.operations.read(holder.operationId));
  if (!row || (await standingOf(row.value, instances)).life !== "alive") return;
  throw new InputError(
    "CP-CLUSTER-BUSY",
    `operation ${row.value.id} of ${row.value.subject} has held the cluster since ${holder.since}`,
  );
}

/**
 * Intent first: the operation stands on its row, and on that of the cluster, before it is started. Of two requests at once
 * the first on the cluster's row wins, and the other is answered with that one.
 */
async function begin(asked: Asked, before: Standing | undefined, reason: RotationReason): Promise<Standing> {
  const { identity, world } = asked;
  const { clusterKey, rotationId } = identity;
  // Written, and its start was never heard of: the process died in between. It is started as the operation it is.
  if (before?.life === "unheard") return start(asked, before.operation, reason);
  const operation = newRotation(clusterKey, world.now());
  await world.operations.insert(operation.id, operation);
  const row = await world.identities.update(clusterKey, (current) =>
    current.rotationId === rotationId ? { ...current, rotationId: operation.id } : current,
  );
  if (row?.rotationId === operation.id) return start(asked, operation, reason);
  await world.operations.remove(operation.id);
  const theirs = row && (await rotationOf({ ...asked, identity: row }));
  if (!theirs) throw new TransientError(`the cluster ${clusterKey} changed while its rotation was being started`);
  return theirs;
}

async function start(asked: Asked, operation: Operation, reason: RotationReason): Promise<Standing> {
  const { identity, config, instances } = asked;
  const { clusterKey, clusterId, tenantId } = identity;
  const input: RotateInput = {
    operationId: operation.id,
    clusterKey,
    cluster: { id: clusterId, tenantId },
    route: standardRoute,
    reason,
    waits: config.waits,
    window: config.maintenanceWindow,
  };
  const started = await instances.start(rotateCluster, names.rotation(clusterKey), input);
  const running = started.started ? undefined : (started.state.customStatus as Progress | null)?.operationId;
  if (running !== undefined && running !== operation.id)
    throw new TransientError(`an earlier rotation of cluster ${clusterKey} is not over yet`, 5);
  return standingOf(operation, instances);
}

function newRotation(clusterKey: string, now: Date): Operation {
  return {
    id: `${clusterKey}-${randomUUID().slice(0, 8)}`,
    kind: "rotation",
    subject: clusterKey,
    clusterKey,
    instanceId: names.rotation(clusterKey),
    state: "running",
    steps: firstRotationSteps(),
    waitingFor: null,
    problem: null,
    startedAt: now.toISOString(),
    endedAt: null,
    cancel: "open",
    consentAnswers: [],
  };
}

/** What a rotation would do, read now; nothing is changed. */
async function planOf({ identity, world, config }: Asked) {
  const { clusterKey, clusterId, tenantId } = identity;
  refuseNothing(identity);
  const facts = await world.clusters.get(inTenant({ id: clusterId, tenantId }));
  if (facts.outcome !== "found") {
    const { code, detail } = clusterUnreadable(clusterId, facts);
    throw new InputError(code, detail);
  }
  const links: { readonly id: string; readonly registry: string }[] = [];
  for await (const { id, registry, grant } of allRows(world.links, { clusterKey }))
    if (grant !== null) links.push({ id, registry });
  const nodes = facts.pools.reduce((sum, pool) => sum + (pool.powerState === "Stopped" ? 0 : (pool.nodes ?? 0)), 0);
  const window = config.maintenanceWindow;
  const now = world.now().toISOString();
  return {
    clusterKey,
    cluster: clusterId,
    nodes: { reimaged: nodes, words: `${counted(nodes, "node")} re-imaged, one surge at a time` },
    opening: window === null ? now : nextOpening(window, now),
    links,
  };
}
