import { claimCluster, releaseCluster } from "../activities/claimCluster.ts";
import { after } from "../domain/time.ts";
import { call, now, type Orchestration } from "../durable/calls.ts";
import { cancelled, cancelledWithin, failedWith, type Run, type Stopped } from "./onboarding.ts";

/**
 * Does `work` while this operation alone may change the cluster's credential. Another operation's claim is waited for.
 * A crash in between leaves the claim with this operation, which takes it up again; its ending lets go in any case.
 */
export function* holdCluster<Result>(run: Run, work: () => Orchestration<Result>): Orchestration<Result | Stopped> {
  const { context, steps } = run;
  const { clusterKey, linkId, operationId, waits } = run.input;
  const deadline = after(now(context), waits.clusterBusyDeadlineInSeconds);
  for (;;) {
    const claim = yield* call(context, claimCluster, { clusterKey, linkId, operationId });
    if (claim.outcome === "claimed") break;
    if (now(context) >= deadline)
      return failedWith(
        "CP-CLUSTER-BUSY",
        `operation ${claim.holder} has held the cluster since before ${deadline.toISOString()}`,
      );
    steps.waitFor({
      on: "cluster",
      who: "nobody",
      what: `operation ${claim.holder} holds the cluster`,
      url: null,
      until: deadline.toISOString(),
    });
    if (yield* cancelledWithin(run, waits.clusterBusyPollInSeconds)) return cancelled;
    steps.goOn();
  }
  const result = yield* work();
  yield* call(context, releaseCluster, { clusterKey, operationId });
  return result;
}
