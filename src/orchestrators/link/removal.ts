/** The parts of a link's removal that wait for others: for its operation's end, and for the pull to be refused. */
import { proveRefusal } from "../../activities/proveRefusal.ts";
import { takeLink, type Taken } from "../../activities/takeLink.ts";
import { failedWith, type Stopped } from "../../domain/operation.ts";
import type { PullEnd } from "../../domain/removal.ts";
import type { Instant } from "../../domain/time.ts";
import { rolePollAfter, type OnboardingWaits } from "../../domain/waits.ts";
import { now, type Orchestration } from "../../durable/calls.ts";
import { done, goingOn, notYet, poll, type Attempt } from "../poll.ts";
import type { Run } from "../run.ts";

export type RemovalPart = { readonly linkId: string; readonly clusterKey: string; readonly waits: OnboardingWaits };

/** An update may be run three times, and each as often wait for its window of the day. */
const deadlineInUpdates = 8;

/** Waits until the operation that has the link is over: it is asked to cancel, unless it changes the cluster already. */
export function* awaitLink(run: Run, { linkId, waits }: RemovalPart): Orchestration<Taken | Stopped> {
  const { operationId } = run;
  const taken = yield* poll<Taken>(
    run,
    {
      name: "link",
      everyInSeconds: (waited) => rolePollAfter(waits, waited),
      deadlineInSeconds: waits.clusterDeadlineInSeconds * deadlineInUpdates,
      cancellable: false,
      waiting: (until) => ({
        on: "cluster",
        who: "nobody",
        what: "the link's last operation has to end",
        url: null,
        until,
      }),
      expired: (detail, until) => failedWith("CP-CLUSTER-BUSY", `${detail}, still at ${until}`),
    },
    function* ({ look }) {
      const answer = yield* look(takeLink, { operationId, linkId });
      return answer.outcome === "taken" ? done(answer) : notYet(answer.detail);
    },
  );
  return taken.outcome === "done" ? taken.value : taken;
}

/** In a row, some time apart: replicas of the role service disagree for a while. */
const refusals = 3;

export type Shown = { readonly outcome: "shown"; readonly pull: PullEnd };

/** Tries the pull until it was refused several times in a row. */
export function* awaitRefusal(run: Run, { linkId, clusterKey, waits }: RemovalPart): Orchestration<Shown | Stopped> {
  const { youngSecretInSeconds } = waits;
  /** By the last look that was answered. */
  let pulls = false;
  const shown = yield* poll<PullEnd>(
    run,
    {
      name: "refusal",
      everyInSeconds: (waited) => rolePollAfter(waits, waited),
      deadlineInSeconds: waits.removalDeadlineInSeconds,
      cancellable: false,
      waiting: (until) => ({
        on: "role",
        who: "nobody",
        what: "the registry has to learn that the role was taken back",
        url: null,
        until,
      }),
      expired: (detail, until) =>
        failedWith(pulls ? "CP-STILL-PULLS" : "CP-DEPENDENCY-DOWN", `${detail}, still at ${until}`),
    },
    function* ({ memo, look }): Orchestration<Attempt<PullEnd>> {
      const seen = yield* look(proveRefusal, { linkId, clusterKey, youngSecretInSeconds });
      pulls = seen.outcome === "notYet" && seen.pulls;
      if (seen.outcome === "notShown") return done(seen);
      if (seen.outcome === "notYet") return { ...notYet(seen.detail), memo: {} };
      const { by, words } = seen;
      const before = memo as { readonly times?: number; readonly since?: Instant };
      const since = before.since ?? now(run.context).toISOString();
      const times = (before.times ?? 0) + 1;
      if (times >= refusals) return done({ outcome: "refused", by, since, times, words });
      return goingOn(
        `the pull was refused ${times} of ${refusals} times`,
        { times, since },
        waits.removalPollInSeconds,
      );
    },
  );
  return shown.outcome === "done" ? { outcome: "shown", pull: shown.value } : shown;
}
