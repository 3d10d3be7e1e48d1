/** How a rotation is found, and started once: by a person, by the sweep, or for a whole scope. */
import { randomUUID } from "node:crypto";
import { InputError, TransientError } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import { standardRoute } from "../domain/link.ts";
import { begun, type Operation, type Waiting } from "../domain/operation.ts";
import { effectivePolicy, type PolicyDefaults } from "../domain/policy.ts";
import { hasSomethingToRotate, type PullIdentity } from "../domain/pullIdentity.ts";
import { firstRotationSteps, rotationWorkflow, type RotateInput } from "../domain/rotation.ts";
import { noLessUrgent, type AskedRotation, type RotationReason } from "../domain/rotationScope.ts";
import type { OnboardingWaits } from "../domain/waits.ts";
import type { Startable } from "../durable/calls.ts";
import type { Instances } from "../durable/instances.ts";
import { lost } from "./claimCluster.ts";
import { isUnderWay, standingOf, type Standing } from "./standing.ts";
import { startOperation } from "./startOperation.ts";
import type { World } from "./world.ts";

/** The orchestrator, by its name: an activity knows no workflow. */
const rotation: Startable<RotateInput> = { name: rotationWorkflow };

/** What starting needs, and the identity as it was read. */
export type Rotating = {
  readonly world: Pick<World, "identities" | "operations" | "now">;
  readonly config: PolicyDefaults & { readonly waits: OnboardingWaits };
  readonly instances: Instances;
  readonly identity: PullIdentity;
};

/** The last rotation of a cluster, as it stands. */
export async function rotationOf({
  identity,
  world,
  instances,
}: Pick<Rotating, "identity" | "instances"> & { readonly world: Pick<World, "operations"> }): Promise<
  Standing | undefined
> {
  if (identity.rotationId === null) return undefined;
  const row = await world.operations.read(identity.rotationId);
  return row && standingOf(row.value, instances);
}

/** The operation that changes the cluster now; one that has died holds nothing. */
export async function holderOf({ identity, world, instances }: Rotating): Promise<Operation | undefined> {
  const row = identity.holder && (await world.operations.read(identity.holder.operationId));
  if (!row) return undefined;
  const { life, operation } = await standingOf(row.value, instances);
  return life === "alive" ? operation : undefined;
}

/** Starts a rotation, or answers with the one that runs or waits. */
export async function beginRotation(rotating: Rotating, reason: RotationReason): Promise<Standing> {
  refuseNothing(rotating.identity);
  const before = await rotationOf(rotating);
  if (isUnderWay(before)) return before;
  // Written, and its start was never heard of: the process died in between. It is started as the operation it is.
  if (before?.life === "unheard") return startRotation(rotating, before.operation);
  const placed = await placeRotation(rotating, before, { reason, ignoresWindow: false, turn: null });
  return placed.isOurs ? startRotation(rotating, placed.operation) : placed;
}

export type Placed = Standing & { readonly isOurs: boolean };

/**
 * Intent first: the operation stands on its row, and on that of the cluster, before it is started. Of two requests at once
 * the first on the cluster's row wins, and the other is answered with that one. `before`: the rotation as it was read.
 */
export async function placeRotation(
  rotating: Rotating,
  before: Standing | undefined,
  asked: AskedRotation,
  waitingFor: Waiting | null = null,
): Promise<Placed> {
  const { identity, world } = rotating;
  const { clusterKey, rotationId } = identity;
  if (before?.life === "dead") {
    const detail = before.operation.problem?.detail ?? "it ended without a word";
    await world.operations.update(before.operation.id, (row) => lost(row, detail, world.now()));
  }
  const earlier = before?.life === "over" ? undefined : before?.operation.rotation;
  const fresh = newRotation(clusterKey, noLessUrgent(asked, earlier), world.now());
  const operation = waitingFor === null ? fresh : { ...fresh, state: "waiting" as const, waitingFor };
  await world.operations.insert(operation.id, operation);
  const row = await world.identities.update(clusterKey, (current) =>
    current.rotationId === rotationId ? { ...current, rotationId: operation.id } : current,
  );
  if (row?.rotationId === operation.id) return { operation, life: "unheard", isOurs: true };
  await world.operations.remove(operation.id);
  const theirs = row && (await rotationOf({ ...rotating, identity: row }));
  if (!theirs) throw new TransientError(`the cluster ${clusterKey} changed while its rotation was being started`);
  return { ...theirs, isOurs: false };
}

export function refuseNothing(identity: PullIdentity): void {
  if (!hasSomethingToRotate(identity))
    throw new InputError(
      "CP-NOTHING-TO-ROTATE",
      `the nodes of cluster ${identity.clusterKey} hold no credential of ours`,
    );
}

export async function startRotation(rotating: Rotating, operation: Operation): Promise<Standing> {
  const { identity, config, instances } = rotating;
  const { clusterKey, clusterId, tenantId } = identity;
  const { reason, ignoresWindow } = operation.rotation ?? unasked;
  const input: RotateInput = {
    operationId: operation.id,
    clusterKey,
    cluster: { id: clusterId, tenantId },
    route: standardRoute,
    reason,
    waits: config.waits,
    window: ignoresWindow ? null : effectivePolicy(identity.policy, config).window,
  };
  await startOperation(instances, rotation, operation, input);
  return standingOf(operation, instances);
}

/** Rows of before do not say how they were asked for. */
const unasked: AskedRotation = { reason: "due", ignoresWindow: false, turn: null };

function newRotation(clusterKey: string, asked: AskedRotation, now: Date): Operation {
  const id = `${clusterKey}-${randomUUID().slice(0, 8)}`;
  const instanceId = names.rotation(clusterKey);
  const steps = firstRotationSteps();
  const about = { id, subject: clusterKey, clusterKey, instanceId, steps, rotation: asked };
  return begun({ ...about, kind: "rotation", cancel: "open" }, now);
}
