/** One look at rotations that were asked for together: which are over, and whose turn it is. */
import { TransientError } from "../domain/errors.ts";
import { isOver, type Operation, type Progress } from "../domain/operation.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import type { ScopeInput } from "../domain/rotationScope.ts";
import { activity } from "../durable/calls.ts";
import { askCancel, cancelRequested } from "./askCancel.ts";
import { startRotation } from "./beginRotation.ts";
import { lost } from "./claimCluster.ts";
import { isUnderWay, standingOf } from "./standing.ts";
import type { Needs } from "./world.ts";

type Input = Pick<ScopeInput, "instanceId" | "maxConcurrent" | "until" | "defaults" | "waits"> & {
  /** Ids of operations whose turn has come. */
  readonly underWay: readonly string[];
  /** Ids of those that may begin, in their order. */
  readonly next: readonly string[];
};
type Output = {
  /** Those that are not over. */
  readonly underWay: readonly string[];
  /** So many of `next` have had their turn. */
  readonly taken: number;
  /** Some have had their turn and could not be started yet: another operation of the cluster has to end first. */
  readonly isStarting: boolean;
};
type Tools = Needs<"identities" | "operations" | "now" | "instances">;
type Fate = "running" | "starting" | "over";

/** Begins as many as there is room for, and starts those again that were not heard of. Again is harmless. */
export const takeTurns = activity(
  "takeTurns",
  async (input: Input, tools: Tools): Promise<Output> => {
    const underWay: string[] = [];
    let isStarting = false;
    const follow = async (id: string): Promise<void> => {
      const fate = await fateOf(id, input, tools);
      if (fate !== "over") underWay.push(id);
      isStarting ||= fate === "starting";
    };
    for (const id of input.underWay) await follow(id);
    let taken = 0;
    for (const id of input.next) {
      if (underWay.length >= input.maxConcurrent) break;
      await follow(id);
      taken += 1;
    }
    return { underWay, taken, isStarting };
  },
  { asksDurable: true },
);

async function fateOf(id: string, input: Input, tools: Tools): Promise<Fate> {
  const { operations, identities, instances } = tools;
  const operation = (await operations.read(id))?.value;
  if (!operation || isOver(operation)) return "over";
  const standing = await standingOf(operation, instances);
  if (standing.life === "alive") return "running";
  // Asked for again since: another instance begins it.
  if (operation.rotation?.turn?.instanceId !== input.instanceId) return isUnderWay(standing) ? "running" : "over";
  const identity = (await identities.read(operation.subject))?.value;
  const why = whyNot(operation, identity, standing.life, input, tools.now());
  if (why === null && identity) return begin(operation, identity, input, tools);
  await operations.update(id, (row) => lost(row, why ?? "", tools.now()));
  return "over";
}

function whyNot(
  { id }: Operation,
  identity: PullIdentity | undefined,
  life: string,
  { until }: Input,
  now: Date,
): string | null {
  if (life === "dead") return "it ended without a word";
  if (!identity) return "the pull identity was removed";
  if (identity.rotationId !== id) return `rotation ${identity.rotationId ?? ""} of the cluster has taken its place`;
  return now.toISOString() > until ? `its turn had not come by ${until}` : null;
}

async function begin(operation: Operation, identity: PullIdentity, input: Input, tools: Tools): Promise<Fate> {
  const { operations, instances } = tools;
  const earlier = await earlierOf(operation, tools);
  if (earlier) {
    await hasten(earlier, operation, tools);
    const what = `rotation ${earlier.id} of this cluster has to end first`;
    await operations.update(operation.id, (row) =>
      isOver(row) || row.waitingFor === null || row.waitingFor.what === what
        ? row
        : { ...row, waitingFor: { ...row.waitingFor, what } },
    );
    return "starting";
  }
  await operations.update(operation.id, (row) => (isOver(row) ? row : { ...row, state: "running", waitingFor: null }));
  const config = { ...input.defaults, waits: input.waits };
  try {
    await startRotation({ world: tools, config, instances, identity }, operation);
    return "running";
  } catch (error) {
    if (error instanceof TransientError) return "starting";
    // One that cannot be begun keeps no other from it.
    const why = error instanceof Error ? error.message : "something that is no Error was thrown";
    await operations.update(operation.id, (row) => lost(row, why, tools.now()));
    return "over";
  }
}

/** A rotation of the same cluster that still runs. */
async function earlierOf(
  { id, instanceId }: Operation,
  { operations, instances }: Tools,
): Promise<Operation | undefined> {
  const state = await instances.state(instanceId);
  const shown = (state?.customStatus as Progress | null | undefined)?.operationId;
  if (!state?.running || shown === undefined || shown === id) return undefined;
  const row = await operations.read(shown);
  return row && (await standingOf(row.value, instances)).operation;
}

/**
 * One that has not begun to change the cluster is cancelled: what it made goes. After a leak any other waits for no grace
 * and no window any more. Woken at each look that finds it waiting, so that no wake is lost.
 */
async function hasten(earlier: Operation, { rotation }: Operation, tools: Tools): Promise<void> {
  if (earlier.cancel === "open" && (await askCancel(earlier, tools))?.cancel === "asked") return;
  const isLeak = rotation?.reason === "leak";
  if (isLeak)
    await tools.operations.update(earlier.id, (row) =>
      row.isHurried || isOver(row) ? row : { ...row, isHurried: true },
    );
  const waitsFor = earlier.waitingFor?.on;
  if (waitsFor !== "window" && waitsFor !== "replication") return;
  if (isLeak || earlier.cancel === "asked") await tools.instances.wake(earlier.instanceId, cancelRequested);
}
