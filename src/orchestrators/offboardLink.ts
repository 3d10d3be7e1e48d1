import { recordRemoval } from "../activities/recordRemoval.ts";
import type { Taken } from "../activities/takeLink.ts";
import { firstOffboardingSteps, type OffboardInput, type OffboardOutput } from "../domain/offboarding.ts";
import type { Stopped } from "../domain/operation.ts";
import type { IdentityEnd, PullEnd } from "../domain/removal.ts";
import { after, type Instant } from "../domain/time.ts";
import { onboardingWaits } from "../domain/waits.ts";
import { now, orchestrator, type Context, type JsonObject, type Orchestration } from "../durable/calls.ts";
import { generations, once } from "../durable/carry.ts";
import type { OnCluster } from "./cluster/hold.ts";
import { waitForTokens } from "./cluster/turn.ts";
import { failOnThrow } from "./ending.ts";
import { withdrawGrant } from "./link/grant.ts";
import { awaitLink, awaitRefusal, type RemovalPart } from "./link/removal.ts";
import { routeOf } from "./routes/routes.ts";
import { call, newRun, type Run } from "./run.ts";

/** What the proof is made of. */
type Removed = {
  readonly outcome: "removed";
  readonly taken: Taken;
  readonly pull: PullEnd | null;
  readonly tokensUntil: Instant | null;
  readonly identity: IdentityEnd;
};

/** Takes back what lets a cluster pull from a registry, and proves that it can no more. */
export const offboardLink = orchestrator(
  "offboardLink",
  function* (context: Context, input: OffboardInput, before: JsonObject): Orchestration<OffboardOutput> {
    const steps = firstOffboardingSteps();
    const run = newRun(context, { operationId: input.operationId, steps, waitingFor: null }, before);
    const continued = { state: "continued", problem: null } as const;
    return yield* generations<OffboardOutput>(context, input, run.carried, whole(run, input), continued);
  },
);

/** The runbook. */
function* offboard(run: Run, input: OffboardInput): Orchestration<Removed | Stopped> {
  const { steps } = run;
  const { linkId, clusterKey, cluster, registry } = input;
  const waits = onboardingWaits(input.waits);
  const part: RemovalPart = { linkId, clusterKey, waits };
  const on: OnCluster = { clusterKey, cluster, waits };

  steps.begin("cancel");
  const taken = yield* once(run, "taken", () => awaitLink(run, part));
  if (taken.outcome === "stopped") return taken;

  steps.begin("grant");
  const granted = { linkId, registry, repositories: [], waits };
  const withdrawn = yield* once(run, "grant", () => withdrawGrant(run, granted));
  if (withdrawn.outcome === "stopped") return withdrawn;

  steps.begin("refusal");
  const shown = yield* once(run, "refusal", () => showRefusal(run, part, taken));
  if (shown.outcome === "stopped") return shown;

  // The credential goes after it was seen to be refused: without it nobody could try.
  steps.begin("identity");
  const withdrawal = { on, linkId };
  const identity = yield* once(run, "identity", () => routeOf(input.route).withdraw(run, withdrawal));
  if (identity.outcome === "stopped") return identity;

  steps.begin("tokens");
  if (shown.tokensUntil !== null) {
    const stopped = yield* waitForTokens(run, shown.tokensUntil);
    if (stopped) return stopped;
  }
  return { outcome: "removed", taken, pull: shown.pull, tokensUntil: shown.tokensUntil, identity };
}

type Shown = { readonly outcome: "shown"; readonly pull: PullEnd | null; readonly tokensUntil: Instant | null };

/** What the role that was taken back allowed is refused now; tokens of before live on for a while. */
function* showRefusal(run: Run, part: RemovalPart, { grant, tokensUntil }: Taken): Orchestration<Shown | Stopped> {
  if (grant === null) return { outcome: "shown", pull: null, tokensUntil: null };
  if (!grant.ours) {
    const words = `the role assignment ${grant.assignmentId} was there before Crosspull, and stays`;
    return { outcome: "shown", pull: { outcome: "allowed", words }, tokensUntil: null };
  }
  const shown = yield* awaitRefusal(run, part);
  if (shown.outcome === "stopped") return shown;
  const { pull } = shown;
  const since = pull.outcome === "refused" ? pull.since : now(run.context);
  const until = tokensUntil ?? after(since, part.waits.tokenLifeInSeconds).toISOString();
  return { outcome: "shown", pull, tokensUntil: until };
}

/** The runbook and its end, which is carried as well. */
function* whole(run: Run, input: OffboardInput): Orchestration<OffboardOutput> {
  const kept = run.carried.get<Removed | Stopped>("ending");
  const ending = kept ?? (yield* failOnThrow(offboard(run, input)));
  run.carried.keep("ending", ending);
  const { context, operationId, steps } = run;
  const { linkId, clusterKey } = input;
  const stopped = ending.outcome === "stopped" ? ending : null;
  const state = stopped?.state ?? "ended";
  const problem = stopped?.problem ?? null;
  const removed = ending.outcome === "removed" ? ending : null;
  steps.end(stopped?.state ?? "done", problem?.detail);
  const { steps: shown } = steps.progress();
  yield* call(context, recordRemoval, { operationId, linkId, clusterKey, state, problem, removed, steps: shown });
  return { state, problem };
}
