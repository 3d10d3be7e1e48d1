import { beginRotations, findDue, recordSweep } from "../activities/sweep.ts";
import { sweepWorkflow, type SweepInput, type SweepOutcome } from "../domain/sweep.ts";
import { orchestrator, type Context, type Orchestration } from "../durable/calls.ts";
import { call } from "./run.ts";

/** So many are begun by one activity, and so many failures are kept in words. */
const atOnce = 20;

/** Finds the pull identities that are due, and begins one rotation each. A sweep that cannot end is red in GET /api/health. */
export const sweepRotations = orchestrator(
  sweepWorkflow,
  function* (context: Context, { defaults, waits, limits }: SweepInput): Orchestration<SweepOutcome> {
    yield* call(context, recordSweep, { outcome: null });
    const { keys, ...found } = yield* call(context, findDue, { defaults, limits });
    let { heldBack } = found;
    let begun = 0;
    let failures = 0;
    const failed: SweepOutcome["failed"][number][] = [];
    for (let from = 0; from < keys.length; from += atOnce) {
      if (failures >= limits.failuresInARow) {
        heldBack = `the last ${failures} rotations could not be begun`;
        break;
      }
      const answer = yield* call(context, beginRotations, { keys: keys.slice(from, from + atOnce), defaults, waits });
      begun += answer.begun;
      failures = answer.begun === 0 ? failures + answer.failed.length : 0;
      failed.push(...answer.failed);
    }
    const { identities, due } = found;
    const outcome = { identities, due, begun, put: due - begun, failed: failed.slice(0, atOnce), heldBack };
    yield* call(context, recordSweep, { outcome });
    return outcome;
  },
);
