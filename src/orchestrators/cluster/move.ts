import { confirmCluster } from "../../activities/confirmCluster.ts";
import { followClusterUpdate, recordUpdate } from "../../activities/followClusterUpdate.ts";
import { useSecret } from "../../activities/judgeSecrets.ts";
import { startClusterUpdate } from "../../activities/startClusterUpdate.ts";
import { failed, failedWith, type Stopped } from "../../domain/operation.ts";
import { secondsBetween, type Instant } from "../../domain/time.ts";
import { now, type Orchestration } from "../../durable/calls.ts";
import { done, notYet, poll, type Attempt } from "../poll.ts";
import { call, cancelled, type Look, type Run } from "../run.ts";
import { release, type OnCluster } from "./hold.ts";
import { credentialOf, isYoung, replaceSecret, type SecretTrouble } from "./secret.ts";
import { isItsTurn, type Turn } from "./turn.ts";

export type Held = { readonly outcome: "held"; readonly detail: string };
export type Started = {
  readonly outcome: "started";
  /** Of the secret that it brings: an earlier run may have begun it with another than this run has proved. */
  readonly version: string;
  readonly operation: string;
  readonly since: Instant;
};
/** The start has to wait for something that needs the claim to be let go. */
export type Later = { readonly outcome: "later"; readonly why: "window" | "unproved" };
/** AKS refused to begin for want of something that others use. */
export type CannotNow = { readonly outcome: "cannotNow"; readonly detail: string };
type Start = Held | Started | Later | CannotNow;

/**
 * Asks AKS for the update, as often as it is busy; the maintenance window is looked at before each time. The caller holds
 * the claim. There is no undo: from the first acceptance on, going on is safer than stopping.
 */
export function* startMove(run: Run, on: OnCluster, turn: Turn, principalAt: Instant): Orchestration<Start | Stopped> {
  const { context, operationId } = run;
  const { clusterKey, waits } = on;
  const { version } = credentialOf(run).secret;
  yield* call(context, useSecret, { operationId, clusterKey, version });
  const started = yield* poll<Start>(
    run,
    {
      name: "start",
      everyInSeconds: waits.clusterBusyPollInSeconds,
      deadlineInSeconds: waits.clusterDeadlineInSeconds,
      cancellable: true,
      waiting: (until) => ({ on: "cluster", who: "nobody", what: "AKS has to accept the update", url: null, until }),
      expired: (detail, until) => failedWith("CP-CLUSTER-BUSY", `AKS began no update until ${until}: ${detail}`),
    },
    ({ look }) => askAks(run, on, { look, turn, principalAt }),
  );
  return started.outcome === "done" ? started.value : started;
}

type Asking = { readonly look: Look; readonly turn: Turn; readonly principalAt: Instant };

function* askAks(run: Run, on: OnCluster, { look, turn, principalAt }: Asking): Orchestration<Attempt<Start>> {
  const { context, operationId } = run;
  const { clusterKey, cluster, waits } = on;
  if (!isItsTurn(turn, now(context))) return done({ outcome: "later", why: "window" });
  const { version } = credentialOf(run).secret;
  const start = yield* look(startClusterUpdate, { operationId, clusterKey, cluster, version });
  switch (start.outcome) {
    case "held":
      return done({ outcome: "held", detail: "the cluster holds the credential" });
    case "started":
    case "cannotNow":
      return done(start);
    case "unproved":
      return done({ outcome: "later", why: "unproved" });
    case "cancelled":
      return cancelled;
    case "refused":
      return failed(start.problem);
    case "busy":
      return notYet(start.detail);
    case "principalUnknown": {
      const youthInSeconds = waits.identityReplicationInSeconds + waits.youngPrincipalInSeconds;
      const isNew = secondsBetween(principalAt, now(context)) <= youthInSeconds;
      return isNew ? notYet(start.detail) : failedWith("CP-PRINCIPAL-NOT-FOUND", start.detail);
    }
    default:
      return yield* onRefusedSecret(run, on, start);
  }
}

function* onRefusedSecret(run: Run, on: OnCluster, trouble: SecretTrouble): Orchestration<Attempt<Later>> {
  if (isYoung(run, on, trouble)) return notYet(trouble.detail);
  const replaced = yield* replaceSecret(run, on, trouble.detail);
  return replaced.outcome === "stopped" ? replaced : done({ outcome: "later", why: "unproved" });
}

type Followed =
  { readonly outcome: "held"; readonly detail: string } | { readonly outcome: "failed"; readonly detail: string };

/**
 * Follows an accepted update to its end, which is written down before the claim of its start is let go. Where the claim
 * was lost on the way (by hand only), the end cannot be written, and the run ends: whoever has it follows the same update.
 */
export function* followMove(run: Run, on: OnCluster, { operation, since }: Started): Orchestration<Followed | Stopped> {
  const { context, operationId } = run;
  const { clusterKey, cluster, waits, anew } = on;
  const { appId } = credentialOf(run);
  const settleInSeconds = waits.clusterSettleInSeconds;
  const ended = yield* poll<Followed>(
    run,
    {
      name: "follow",
      everyInSeconds: waits.clusterPollInSeconds,
      deadlineInSeconds: waits.clusterDeadlineInSeconds,
      cancellable: false,
      waiting: (until) => ({
        on: "cluster",
        who: "nobody",
        what: "AKS re-images the nodes one by one",
        url: null,
        until,
      }),
      expired: (detail, until) => failedWith("CP-CLUSTER-UPDATE-TIMEOUT", `still at ${until}: ${detail}`),
    },
    function* ({ look }): Orchestration<Attempt<Followed>> {
      const seen = yield* look(followClusterUpdate, { cluster, appId, operation, since, settleInSeconds });
      if (seen.outcome === "running") return notYet(seen.detail);
      if (seen.outcome === "succeeded") return done({ outcome: "held", detail: "AKS reports the update as succeeded" });
      return done({ outcome: "failed", detail: seen.detail });
    },
  );
  if (ended.outcome === "done") {
    const outcome = ended.value.outcome === "held" ? "succeeded" : "failed";
    const grace = anew ? { graceInSeconds: waits.graceInSeconds } : {};
    yield* call(context, recordUpdate, { operationId, clusterKey, outcome, ...grace });
  }
  yield* release(run, on);
  return ended.outcome === "done" ? ended.value : ended;
}

/** The cluster itself reports the pull identity and has settled; it may blink before it does. */
export function* awaitConfirmed(run: Run, { cluster, waits }: OnCluster): Orchestration<Stopped | undefined> {
  const { appId } = credentialOf(run);
  const confirmed = yield* poll<string>(
    run,
    {
      name: "confirm",
      everyInSeconds: waits.clusterPollInSeconds,
      deadlineInSeconds: waits.confirmDeadlineInSeconds,
      cancellable: false,
      waiting: (until) => ({
        on: "cluster",
        who: "nobody",
        what: "the cluster has to report the credential",
        url: null,
        until,
      }),
      expired: (detail) => failedWith("CP-CLUSTER-NOT-CONFIRMED", detail),
    },
    function* ({ look }) {
      const seen = yield* look(confirmCluster, { cluster, appId });
      return seen.outcome === "confirmed" ? done("") : notYet(seen.detail);
    },
  );
  return confirmed.outcome === "stopped" ? confirmed : undefined;
}
