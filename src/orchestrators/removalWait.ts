import { failedWith } from "../domain/operation.ts";
import type { OnboardingWaits } from "../domain/waits.ts";
import type { Wait } from "./poll.ts";

/** How every removal waits: replicas may show for hours what is gone, no cancel ends it, and what is shown to the end is told. `what`: in words. */
export function removalWait(waits: OnboardingWaits, name: string, what?: string): Wait {
  return {
    name,
    everyInSeconds: waits.removalPollInSeconds,
    deadlineInSeconds: waits.removalDeadlineInSeconds,
    cancellable: false,
    waiting: () => null,
    expired: (detail) => failedWith("CP-NOT-REMOVED", what === undefined ? detail : `${what}: ${detail}`),
  };
}
