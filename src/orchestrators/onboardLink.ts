import { claimCluster } from "../activities/claimCluster.ts";
import { confirmCluster } from "../activities/confirmCluster.ts";
import { ensureIdentity } from "../activities/ensureIdentity.ts";
import { ensureSecret } from "../activities/ensureSecret.ts";
import { recordEnding } from "../activities/recordEnding.ts";
import { undoLink } from "../activities/undoLink.ts";
import type { OnboardInput, OnboardOutput, Proof } from "../domain/link.ts";
import { call, orchestrator, type Context, type Orchestration } from "../durable/calls.ts";
import { awaitConsent } from "./awaitConsent.ts";
import { awaitGrant } from "./awaitGrant.ts";
import { awaitPull } from "./awaitPull.ts";
import { holdCluster } from "./holdCluster.ts";
import { failed, failedWith, type Run, type Stopped } from "./onboarding.ts";
import { trackSteps } from "./steps.ts";
import { awaitTurn, carryRoles, updateCluster } from "./updateCluster.ts";

type Ready = { readonly outcome: "ready"; readonly proof: Proof };

/** Lets one cluster pull from one registry in another tenant, and proves it with a real pull before and after. */
export const onboardLink = orchestrator(
  "onboardLink",
  function* (context: Context, input: OnboardInput): Orchestration<OnboardOutput> {
    const run: Run = { context, input, steps: trackSteps(context, input) };
    const ending = yield* orFailed(onboard(run));
    return yield* finish(run, ending);
  },
);

/** The runbook. Preflight came first, in the request: what it found is the first step of the record. */
function* onboard(run: Run): Orchestration<Ready | Stopped> {
  const { context, input, steps } = run;
  const { clusterKey, linkId, operationId, request, waits } = input;

  steps.begin("identity");
  const identity = yield* call(context, ensureIdentity, { clusterKey, linkId, request });
  if (identity.outcome === "refused") return failed(identity.problem);
  const { appId } = identity;

  steps.begin("secret");
  const credential = yield* holdCluster(run, () => call(context, ensureSecret, { clusterKey, operationId }));
  if (credential.outcome === "refused") return failed(credential.problem);
  if (credential.outcome === "stopped") return credential;
  const { secret } = credential;

  steps.begin("consent");
  const consent = yield* awaitConsent(run, appId, secret);
  if (consent.outcome === "stopped") return consent;

  steps.begin("grant");
  const granted = yield* awaitGrant(run, consent.principalId);
  if (granted.outcome === "stopped") return granted;
  const { loginServer } = granted;

  steps.begin("proof");
  const before = yield* awaitPull(run, { loginServer, appId, secret }, waits.secretProofs);
  if (before.outcome === "stopped") return before;

  steps.begin("roles");
  const stopped = yield* awaitTurn(run, identity);
  if (stopped) return stopped;
  const updated = yield* holdCluster(run, function* () {
    const carried = yield* carryRoles(run, identity);
    if (carried.outcome === "stopped") return carried;
    steps.end("done", carried.detail);

    steps.begin("update");
    return yield* updateCluster(run, appId, secret);
  });
  if (updated.outcome === "stopped") return updated;
  steps.end("done", updated.detail);

  steps.begin("confirm");
  const cluster = yield* call(context, confirmCluster, { request, appId });
  if (cluster.outcome === "notYet") return failedWith("CP-CLUSTER-UPDATE-FAILED", cluster.detail);
  const after = yield* awaitPull(run, { loginServer, appId, secret }, 1);
  return after.outcome === "stopped" ? after : { outcome: "ready", proof: after.proof };
}

/** Writes down how it ended; a cancelled link first takes back what it alone had made. */
function* finish({ context, input, steps }: Run, ending: Ready | Stopped): Orchestration<OnboardOutput> {
  const { clusterKey, linkId, operationId, request } = input;
  const stopped = ending.outcome === "stopped" ? ending : null;
  if (stopped?.status === "cancelled") {
    // Held by another operation means another link lives on the identity: then only our own grant goes.
    yield* call(context, claimCluster, { clusterKey, linkId, operationId });
    yield* call(context, undoLink, { linkId, clusterKey, request });
  }
  steps.end(stopped?.status ?? "done", stopped?.problem.detail);
  const status = stopped?.status ?? "ready";
  const problem = stopped?.problem ?? null;
  const proof = ending.outcome === "ready" ? ending.proof : null;
  yield* call(context, recordEnding, { linkId, clusterKey, operationId, status, problem, proof, steps: steps.all() });
  return { status, problem };
}

/** An activity that failed after all its retries ends the link with a reason instead of the instance without one. */
function* orFailed<Result>(work: Orchestration<Result | Stopped>): Orchestration<Result | Stopped> {
  try {
    return yield* work;
  } catch (error) {
    return failedWith("CP-OPERATION-FAILED", firstLine(error));
  }
}

function firstLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.slice(0, 500).trim();
}
