import { carryOverRoles } from "../activities/carryOverRoles.ts";
import { followClusterUpdate } from "../activities/followClusterUpdate.ts";
import { startClusterUpdate } from "../activities/startClusterUpdate.ts";
import type { SecretRef } from "../domain/link.ts";
import { after, secondsBetween } from "../domain/time.ts";
import { nextOpening } from "../domain/window.ts";
import { call, now, sleepUntil, type Orchestration } from "../durable/calls.ts";
import { cancelled, cancelledWithin, failed, failedWith, type Run, type Stopped } from "./onboarding.ts";

type Done = { readonly outcome: "done"; readonly detail: string };
type Identity = { readonly appId: string; readonly principalId: string; readonly createdAt: string };

/**
 * Waits until the cluster may change: a new service principal gets time to replicate, and the maintenance window is
 * respected. Also the last look for a cancel: after this the cluster changes.
 */
export function* awaitTurn(run: Run, { createdAt }: Identity): Orchestration<Stopped | undefined> {
  const { context, steps, input } = run;
  const rested = after(createdAt, input.waits.identityReplicationInSeconds);
  const earliest = rested > now(context) ? rested : now(context);
  const turn = input.maintenanceWindow
    ? new Date(nextOpening(input.maintenanceWindow, earliest.toISOString()))
    : earliest;
  if (turn > now(context)) {
    const reason =
      turn > earliest
        ? ({ on: "window", what: "the maintenance window has to open" } as const)
        : ({ on: "replication", what: "a new service principal has to replicate first" } as const);
    steps.waitFor({ ...reason, who: "nobody", url: null, until: turn.toISOString() });
  }
  if (yield* cancelledWithin(run, Math.max(0, secondsBetween(now(context), turn)))) return cancelled;
  steps.goOn();
  return undefined;
}

/** Copies the roles the cluster's controllers live on to the pull identity. */
export function* carryRoles(run: Run, { appId, principalId }: Identity): Orchestration<Done | Stopped> {
  const { context } = run;
  const { request, waits } = run.input;
  const deadline = after(now(context), waits.principalDeadlineInSeconds);
  for (;;) {
    const copied = yield* call(context, carryOverRoles, { request, appId, principalId });
    if (copied.outcome === "refused") return failed(copied.problem);
    if (copied.outcome === "copied")
      return {
        outcome: "done",
        detail:
          copied.from === null
            ? "the cluster already uses the pull identity"
            : `${copied.count} role assignments copied from ${copied.from}`,
      };
    if (now(context) >= deadline) return failedWith("CP-PRINCIPAL-NOT-FOUND", copied.detail);
    yield* sleepUntil(context, after(now(context), waits.rolePollInSeconds));
  }
}

/** Moves the cluster to the pull identity and follows the update, which re-images every node, to its end. */
export function* updateCluster(run: Run, appId: string, secret: SecretRef): Orchestration<Done | Stopped> {
  const { context, steps } = run;
  const { clusterKey, request, waits } = run.input;
  const deadline = after(now(context), waits.clusterDeadlineInSeconds);
  for (;;) {
    const start = yield* call(context, startClusterUpdate, { clusterKey, request, appId, secret });
    if (start.outcome === "already") return { outcome: "done", detail: "the cluster holds the credential" };
    if (start.outcome === "refused") return failed(start.problem);
    if (start.outcome === "started") return yield* followToEnd(run, start.operation, deadline);
    if (
      start.outcome === "credentialRefused" &&
      secondsBetween(secret.createdAt, now(context)) > waits.youngSecretInSeconds
    ) {
      return failedWith("CP-SECRET-REFUSED", `AKS answered ${start.detail}`);
    }
    if (now(context) >= deadline) return failedWith("CP-CLUSTER-UPDATE-TIMEOUT", start.detail);
    steps.note(start.detail);
    yield* sleepUntil(context, after(now(context), waits.clusterBusyPollInSeconds));
  }
}

function* followToEnd(run: Run, operation: string, deadline: Date): Orchestration<Done | Stopped> {
  const { context, steps } = run;
  const { request, waits } = run.input;
  steps.waitFor({
    on: "cluster",
    who: "nobody",
    what: "AKS re-images the nodes one by one",
    url: null,
    until: deadline.toISOString(),
  });
  for (;;) {
    yield* sleepUntil(context, after(now(context), waits.clusterPollInSeconds));
    const progress = yield* call(context, followClusterUpdate, { request, operation });
    if (progress.outcome === "succeeded") return { outcome: "done", detail: "AKS reports the update as succeeded" };
    if (progress.outcome === "failed")
      return failedWith("CP-CLUSTER-UPDATE-FAILED", `${progress.code}: ${progress.detail}`);
    if (now(context) >= deadline)
      return failedWith("CP-CLUSTER-UPDATE-TIMEOUT", `the update still runs at ${deadline.toISOString()}`);
  }
}
