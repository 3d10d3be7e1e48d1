import { takeTurns } from "../activities/takeTurns.ts";
import { scopeWorkflow, type ScopeInput, type ScopeOutput } from "../domain/rotationScope.ts";
import { after, secondsBetween, type Instant } from "../domain/time.ts";
import {
  now,
  orchestrator,
  sleepUntil,
  TransientFailure,
  type Context,
  type JsonObject,
  type Orchestration,
} from "../durable/calls.ts";
import { Carried, continueAsNew, generations } from "../durable/carry.ts";
import { look } from "./run.ts";

/** Of one generation: a history that grew for days is replayed at every look. */
const mostLooks = 50;
/** So many are begun by one look at most, which has to end in time. */
const atOnce = 50;
const longestRestInSeconds = 1800;
const outageRestInSeconds = 60;

type Known = {
  readonly underWay: readonly string[];
  /** So many of the operations have had their turn. */
  readonly begun: number;
  readonly isStarting: boolean;
  /** When one last began or ended. */
  readonly changedAt: Instant;
};

/**
 * Begins rotations in their order, never more than are allowed at once, and the next when one is over. Every operation
 * stands on its row before this starts; it ends when the last has begun.
 */
export const rotateScope = orchestrator(
  scopeWorkflow,
  function* (context: Context, input: ScopeInput, before: JsonObject): Orchestration<ScopeOutput> {
    const carried = new Carried(before);
    return yield* generations(context, input, carried, turns(context, input, carried), { begun: 0 });
  },
);

function* turns(context: Context, input: ScopeInput, carried: Carried): Orchestration<ScopeOutput> {
  let known = carried.get<Known>("known") ?? {
    underWay: input.underWay,
    begun: 0,
    isStarting: false,
    changedAt: now(context).toISOString(),
  };
  for (let looks = 0; ; looks += 1) {
    if (looks >= mostLooks) {
      carried.keep("known", known);
      continueAsNew();
    }
    const seen = yield* lookAt(context, input, known);
    known = seen ?? known;
    if (known.begun >= input.operations.length && !known.isStarting) return { begun: known.begun };
    if (seen && hasMoreRoom(input, seen)) continue;
    const rest = seen ? restAfter(input, known, now(context)) : outageRestInSeconds;
    yield* sleepUntil(context, after(now(context), rest));
  }
}

/** undefined: nobody could be asked now. An outage, however long, ends nothing. */
function* lookAt(context: Context, input: ScopeInput, known: Known): Orchestration<Known | undefined> {
  const { instanceId, operations, maxConcurrent, until, defaults, waits } = input;
  const next = operations.slice(known.begun, known.begun + Math.min(maxConcurrent, atOnce));
  const { underWay } = known;
  try {
    const about = { instanceId, maxConcurrent, until, defaults, waits };
    const answer = yield* look(context, takeTurns, { ...about, underWay, next });
    const isSame = answer.taken === 0 && answer.underWay.length === underWay.length;
    return {
      underWay: answer.underWay,
      begun: known.begun + answer.taken,
      isStarting: answer.isStarting,
      changedAt: isSame ? known.changedAt : now(context).toISOString(),
    };
  } catch (error) {
    if (error instanceof TransientFailure) return undefined;
    throw error;
  }
}

/** One look begins a part of many: the next begins more at once. */
function hasMoreRoom({ operations, maxConcurrent }: ScopeInput, { begun, underWay }: Known): boolean {
  return begun < operations.length && underWay.length < maxConcurrent;
}

/** Late by a tenth of what was waited is early enough. */
function restAfter({ waits }: ScopeInput, { changedAt }: Known, at: Date): number {
  return Math.max(waits.clusterBusyPollInSeconds, Math.min(secondsBetween(changedAt, at) / 10, longestRestInSeconds));
}
