/** The documented way: the cluster's service principal is replaced by the pull identity's, which re-images its nodes. */
import { removeIdentityIfUnused } from "../../activities/withdrawLink.ts";
import { failed, failedWith, type Stopped } from "../../domain/operation.ts";
import type { IdentityEnd } from "../../domain/removal.ts";
import { after, type Instant } from "../../domain/time.ts";
import { now, type Orchestration } from "../../durable/calls.ts";
import { once } from "../../durable/carry.ts";
import { claim, hold, release, type OnCluster } from "../cluster/hold.ts";
import {
  awaitConfirmed,
  followMove,
  startMove,
  type CannotNow,
  type Held,
  type Later,
  type Started,
} from "../cluster/move.ts";
import { carryRoles, forgetHomePulls } from "../cluster/roles.ts";
import { awaitRemoval, credentialOf, currentCredential } from "../cluster/secret.ts";
import { mustWait, waitForWindow, type Turn } from "../cluster/turn.ts";
import { awaitPull } from "../link/pull.ts";
import { done, notYet, poll } from "../poll.ts";
import { removalWait } from "../removalWait.ts";
import type { Run } from "../run.ts";
import type { Again, Delivery, Route, Withdrawal } from "./route.ts";

/** An update that AKS ends as failed, or cannot begin for now, is run again, in its turn: nodes that hold either credential are no place to stop. */
const mostUpdates = 3;

export const servicePrincipal: Route = {
  rules: ["cluster-service-principal", "old-application", "roles", "copy-right", "window"],
  steps: ["roles", "update"],
  *deliver(run, delivery) {
    const moved = yield* once(run, "moved", () => moveInTurn(run, delivery));
    if (moved.outcome === "stopped") return moved;
    run.steps.end("done", moved.detail);
    run.steps.begin("confirm");
    const stopped = yield* awaitConfirmed(run, delivery.on);
    if (stopped) return stopped;
    run.carried.forget("moved");
    run.carried.forget("provedVersion");
    return { outcome: "delivered", version: credentialOf(run).secret.version };
  },
  *prove(run, pull, on, when) {
    const times = when === "before" ? on.waits.secretProofs : 1;
    return yield* awaitPull(run, pull, on, { times, cancellable: when === "before" });
  },
  withdraw: withdrawIdentity,
};

/**
 * Starts the update and follows it, and does it again where AKS ended it as failed or could not begin, and after one that
 * an earlier run had begun with another secret.
 */
function* moveInTurn(run: Run, delivery: Delivery): Orchestration<Held | Stopped> {
  for (;;) {
    const started = yield* once(run, "update", () => startInTurn(run, delivery));
    if (started.outcome === "stopped") return started;
    // It may have begun in an earlier generation.
    run.steps.begin("update");
    const ended = started.outcome === "started" ? yield* followMove(run, delivery.on, started) : started;
    if (ended.outcome === "stopped") return ended;
    run.carried.forget("update");
    const isEarlier = started.outcome === "started" && started.version !== credentialOf(run).secret.version;
    if (ended.outcome === "held" && isEarlier) continue;
    if (ended.outcome === "held") return ended;
    const isBegun = ended.outcome === "failed";
    const updates = (run.carried.get<number>("updates") ?? 0) + 1;
    if (updates >= mostUpdates)
      return failedWith(isBegun ? "CP-CLUSTER-UPDATE-FAILED" : "CP-CLUSTER-REFUSED", ended.detail);
    run.carried.keep("updates", updates);
    run.carried.keep("retryAt", after(now(run.context), delivery.on.waits.clusterRetryInSeconds).toISOString());
    run.steps.note(`the update ${isBegun ? "failed" : "was refused"} and is run again: ${ended.detail}`);
  }
}

/** Waits for the cluster's turn and starts the update under the claim, which is kept where the update has begun. */
function* startInTurn(run: Run, delivery: Delivery): Orchestration<Held | Started | CannotNow | Stopped> {
  const { on, home, window, proveAgain } = delivery;
  const rested = after(home.createdAt, on.waits.identityReplicationInSeconds).toISOString();
  const restedAt = run.carried.get<Instant>("retryAt") ?? rested;
  const turn: Turn = { restedAt, window };
  let version = run.carried.get<string>("provedVersion") ?? delivery.version;
  for (;;) {
    run.steps.begin("roles");
    // A generation that ended under the claim handed it on: it is not taken into a wait of days.
    if (run.carried.get<true>(startingKey) && mustWait(turn, now(run.context))) yield* letGo(run, on);
    const early = yield* waitForWindow(run, turn);
    if (early) return early;
    run.carried.keep(startingKey, true);
    const claimed = yield* claim(run, on, true);
    if (claimed.outcome === "stopped") return claimed;
    const started = yield* underClaim(run, delivery, turn, version);
    if (started.outcome === "started") {
      run.carried.forget(startingKey);
      return started;
    }
    yield* letGo(run, on);
    forgetHomePulls(run);
    if (started.outcome !== "later") return started;
    if (started.why === "window") continue;
    // The secret that was proved days ago is gone, or was refused: the one that took its place is proved first.
    const proved: Again | Stopped = yield* proveAgain();
    if (proved.outcome === "stopped") return proved;
    version = proved.version;
    run.carried.keep("provedVersion", version);
  }
}

const startingKey = "starting";

function* letGo(run: Run, on: OnCluster): Orchestration<void> {
  yield* release(run, on);
  run.carried.forget(startingKey);
}

function* underClaim(
  run: Run,
  { on, home, acceptance }: Delivery,
  turn: Turn,
  version: string,
): Orchestration<Held | Started | Later | CannotNow | Stopped> {
  const credential = yield* currentCredential(run, on);
  if (credential.outcome === "stopped") return credential;
  if (credential.secret.version !== version) return { outcome: "later", why: "unproved" };
  const carried = yield* carryRoles(run, on, home.principalId, acceptance);
  if (carried.outcome === "stopped") return carried;
  run.steps.end("done", carried.detail);
  run.steps.begin("update");
  return yield* startMove(run, on, turn, home.createdAt);
}

/** Removes the pull identity, until reading shows that it is gone; kept where anything may need it. */
function* withdrawIdentity(run: Run, withdrawal: Withdrawal): Orchestration<IdentityEnd | Stopped> {
  const removed = yield* hold(run, withdrawal.on, () => awaitWithdrawn(run, withdrawal), false);
  if (removed.outcome !== "stopped" || removed.problem.code !== "CP-CLUSTER-BUSY") return removed;
  // Another operation needs the identity, and removes it at its own end when nobody needs it any more.
  return { outcome: "kept", by: "operation", detail: removed.problem.detail };
}

function* awaitWithdrawn(run: Run, { on, linkId }: Withdrawal): Orchestration<IdentityEnd | Stopped> {
  const { operationId } = run;
  const { clusterKey, cluster, waits } = on;
  const removed = yield* poll<IdentityEnd>(
    run,
    removalWait(waits, "withdrawIdentity", "the pull identity"),
    function* ({ look }) {
      const answer = yield* look(removeIdentityIfUnused, { operationId, linkId, clusterKey, cluster });
      if (answer.outcome === "notYet") return notYet(answer.detail);
      return answer.outcome === "refused" ? failed(answer.problem) : done(answer);
    },
  );
  if (removed.outcome === "stopped") return removed;
  const tidied = removed.value.outcome === "kept" ? yield* awaitRemoval(run, on) : undefined;
  return tidied ?? removed.value;
}
