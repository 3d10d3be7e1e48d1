import { claimCluster, releaseCluster } from "../../activities/claimCluster.ts";
import type { Target } from "../../domain/onboarding.ts";
import { failedWith, type Stopped } from "../../domain/operation.ts";
import type { OnboardingWaits } from "../../domain/waits.ts";
import type { Orchestration } from "../../durable/calls.ts";
import { isNewGeneration } from "../../durable/carry.ts";
import { done, notYet, poll } from "../poll.ts";
import { call, type Run } from "../run.ts";

/** The cluster whose credential a part of a workflow works on. */
export type OnCluster = {
  readonly clusterKey: string;
  readonly cluster: Target;
  readonly waits: OnboardingWaits;
  /** The run brings a secret of its own, though another is healthy, and the replaced one stays for the grace. */
  readonly anew?: boolean;
  /** What is there has leaked: none of it is used, also where nodes are half way between two. */
  readonly leaked?: boolean;
};

type Claimed = { readonly outcome: "claimed" };

/**
 * Waits until this operation alone may change the cluster's credential. A crash leaves the claim with the operation,
 * which takes it up again; recordEnding releases the claim. Undone by `release`.
 */
export function* claim(
  run: Run,
  { clusterKey, cluster, waits }: OnCluster,
  cancellable: boolean,
): Orchestration<Claimed | Stopped> {
  const { operationId } = run;
  const claimed = yield* poll<string>(
    run,
    {
      name: "claim",
      everyInSeconds: waits.clusterBusyPollInSeconds,
      deadlineInSeconds: waits.clusterBusyDeadlineInSeconds,
      cancellable,
      waiting: (until) => ({
        on: "cluster",
        who: "nobody",
        what: "another operation holds the cluster",
        url: null,
        until,
      }),
      expired: (detail, until) => failedWith("CP-CLUSTER-BUSY", `${detail}, still at ${until}`),
    },
    function* ({ look }) {
      const answer = yield* look(claimCluster, { operationId, clusterKey, cluster });
      return answer.outcome === "claimed" ? done("") : notYet(`operation ${answer.holder} holds the cluster`);
    },
  );
  return claimed.outcome === "done" ? { outcome: "claimed" } : claimed;
}

export function* release({ context, operationId }: Run, { clusterKey }: OnCluster): Orchestration<void> {
  yield* call(context, releaseCluster, { operationId, clusterKey });
}

/** Does `work` while this operation alone may change the cluster's credential. */
export function* hold<Result>(
  run: Run,
  on: OnCluster,
  work: () => Orchestration<Result>,
  cancellable = true,
): Orchestration<Result | Stopped> {
  const claimed = yield* claim(run, on, cancellable);
  if (claimed.outcome === "stopped") return claimed;
  try {
    const result = yield* work();
    yield* release(run, on);
    return result;
  } catch (error) {
    // A wait around this may go on for days: not with the cluster in hand. The next generation goes on with the work.
    if (!isNewGeneration(error)) yield* release(run, on);
    throw error;
  }
}
