/** How every workflow ends that something threw in. */
import { shortened } from "../domain/onboarding.ts";
import { failedWith, type Stopped } from "../domain/operation.ts";
import { Superseded, TransientFailure, type Orchestration } from "../durable/calls.ts";
import { isNewGeneration } from "../durable/carry.ts";

/** What an activity cannot do ends the operation with a reason, instead of the instance without one. */
export function* failOnThrow<Result>(work: Orchestration<Result | Stopped>): Orchestration<Result | Stopped> {
  try {
    return yield* work;
  } catch (error) {
    if (isNewGeneration(error)) throw error;
    if (error instanceof Superseded) return { ...failedWith("CP-SUPERSEDED", firstLine(error)), isStale: true };
    if (error instanceof TransientFailure) return failedWith("CP-DEPENDENCY-DOWN", firstLine(error));
    return failedWith("CP-OPERATION-FAILED", firstLine(error));
  }
}

function firstLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return shortened(line.trim());
}
