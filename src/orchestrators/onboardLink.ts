import { ensureIdentity } from "../activities/ensureIdentity.ts";
import { endCancel } from "../activities/operationRow.ts";
import { recordEnding } from "../activities/recordEnding.ts";
import type { Proof } from "../domain/link.ts";
import { clusterOf, firstSteps, registryOf, type OnboardInput, type OnboardOutput } from "../domain/onboarding.ts";
import { failed, type Stopped } from "../domain/operation.ts";
import { onboardingWaits } from "../domain/waits.ts";
import { orchestrator, type Context, type JsonObject, type Orchestration } from "../durable/calls.ts";
import { generations, once } from "../durable/carry.ts";
import { hold, type OnCluster } from "./cluster/hold.ts";
import { currentCredential, tidySecrets } from "./cluster/secret.ts";
import { awaitConsent } from "./link/consent.ts";
import { awaitGrant, withdrawGrant, type GrantPart, type Withdrawn } from "./link/grant.ts";
import type { PullPart } from "./link/pull.ts";
import type { HomePrincipal } from "./routes/route.ts";
import { failOnThrow } from "./ending.ts";
import { routeOf } from "./routes/routes.ts";
import { call, cancelled, newRun, type Run } from "./run.ts";

type Home = HomePrincipal & { readonly outcome: "ready" };
type Ready = { readonly outcome: "ready"; readonly proof: Proof };

/** Lets one cluster pull from one registry in another tenant, and proves it with a real pull before and after. */
export const onboardLink = orchestrator(
  "onboardLink",
  function* (context: Context, input: OnboardInput, before: JsonObject): Orchestration<OnboardOutput> {
    const { operationId, preflight, route } = input;
    const steps = firstSteps(preflight, routeOf(route).steps);
    const run = newRun(context, { operationId, steps, waitingFor: null }, before);
    const continued = { state: "continued", problem: null } as const;
    return yield* generations<OnboardOutput>(context, input, run.carried, whole(run, input), continued);
  },
);

/** The runbook. Preflight came first, in the request: what it found is the first step of the record. */
function* onboard(run: Run, input: OnboardInput): Orchestration<Ready | Stopped> {
  const { steps } = run;
  const { linkId, request, maintenanceWindow: window, notProved } = input;
  const on = clusterPart(input);
  const registry = registryOf(request);
  const route = routeOf(input.route);

  steps.begin("identity");
  const home = yield* once(run, "identity", () => hold(run, on, () => identityWithSecret(run, on, linkId)));
  if (home.outcome === "stopped") return home;

  steps.begin("consent");
  const consent = yield* once(run, "consent", () => awaitConsent(run, linkId, registry.tenantId, on));
  if (consent.outcome === "stopped") return consent;

  steps.begin("grant");
  const granted = yield* once(run, "grant", () => awaitGrant(run, grantPart(input), consent.principalId));
  if (granted.outcome === "stopped") return granted;

  steps.begin("proof");
  const { repositories, image } = request;
  const { loginServer } = granted;
  const pull: PullPart = { registry, loginServer, repositories, image, notProved, consentedAt: consent.grantedAt };
  const first = yield* once(run, "proof", () => route.prove(run, pull, on, "before"));
  if (first.outcome === "stopped") return first;

  for (let { version } = first; ;) {
    const proveAgain = () => route.prove(run, pull, on, "before");
    const delivery = { on, home, window, acceptance: request, proveAgain, version };
    const delivered = yield* once(run, "delivered", () => route.deliver(run, delivery));
    if (delivered.outcome === "stopped") return delivered;
    steps.begin("confirm");
    const last = yield* route.prove(run, pull, on, "after");
    if (last.outcome === "stopped") return last;
    if (last.version === delivered.version) return { outcome: "ready", proof: last.proof };
    // What the cluster was given was refused meanwhile, and replaced: the cluster gets what took its place.
    run.carried.forget("delivered");
    version = last.version;
  }
}

/** The application and its password: both belong to the cluster, and are made under one claim. */
function* identityWithSecret(run: Run, on: OnCluster, linkId: string): Orchestration<Home | Stopped> {
  const { context, operationId, steps } = run;
  const { clusterKey, cluster } = on;
  const home = yield* call(context, ensureIdentity, { operationId, clusterKey, cluster, linkId });
  if (home.outcome === "refused") return failed(home.problem);
  steps.begin("secret");
  const credential = yield* currentCredential(run, on);
  return credential.outcome === "stopped" ? credential : home;
}

/** The runbook and its end, which is carried as well: taking back may take long. */
function* whole(run: Run, input: OnboardInput): Orchestration<OnboardOutput> {
  const kept = run.carried.get<Ready | Stopped>("ending");
  const ending = kept ?? (yield* failOnThrow(orCancelled(run, failOnThrow(onboard(run, input)))));
  run.carried.keep("ending", ending);
  return yield* finish(run, input, ending);
}

/** A cancel that the API has accepted takes effect, also where the operation failed before its next look. */
function* orCancelled(run: Run, work: Orchestration<Ready | Stopped>): Orchestration<Ready | Stopped> {
  const ending = yield* work;
  if (ending.outcome !== "stopped" || ending.state === "cancelled" || ending.isStale) return ending;
  const { operationId, context } = run;
  return (yield* call(context, endCancel, { operationId })).cancelled ? cancelled : ending;
}

/** Tidies up and writes down how it ended; a cancelled link first takes back what it alone had made. */
function* finish(run: Run, input: OnboardInput, ending: Ready | Stopped): Orchestration<OnboardOutput> {
  const { context, operationId, steps } = run;
  const { linkId, clusterKey } = input;
  const stopped = ending.outcome === "stopped" ? ending : null;
  const isCancelled = stopped?.state === "cancelled";
  const left = stopped?.isStale ? undefined : yield* failOnThrow(tidied(run, input, isCancelled));
  // What could not be taken back is told instead of the cancel: it is what a person has to act on.
  const reason = isCancelled ? (left ?? stopped) : stopped;
  steps.end(stopped?.state ?? "done", reason?.problem.detail);
  const state = stopped?.state ?? "ended";
  const problem = reason?.problem ?? null;
  const proof = ending.outcome === "ready" ? ending.proof : null;
  const { steps: shown } = steps.progress();
  yield* call(context, recordEnding, { operationId, linkId, clusterKey, state, problem, proof, steps: shown });
  return { state, problem };
}

function tidied(run: Run, input: OnboardInput, isCancelled: boolean): Orchestration<Stopped | undefined> {
  return isCancelled ? withdraw(run, input) : tidySecrets(run, clusterPart(input));
}

/** The steps' undoing, the last first. */
function* withdraw(run: Run, input: OnboardInput): Orchestration<Stopped | undefined> {
  const grant = run.carried.get<Stopped | Withdrawn>("withdrawn") ?? (yield* withdrawGrant(run, grantPart(input)));
  run.carried.keep("withdrawn", grant);
  const identity = yield* routeOf(input.route).withdraw(run, { on: clusterPart(input), linkId: input.linkId });
  if (grant.outcome === "stopped") return grant;
  return identity.outcome === "stopped" ? identity : undefined;
}

function clusterPart({ clusterKey, request, waits }: OnboardInput): OnCluster {
  return { clusterKey, cluster: clusterOf(request), waits: onboardingWaits(waits) };
}

function grantPart({ linkId, request, waits }: OnboardInput): GrantPart {
  const { repositories } = request;
  return { linkId, registry: registryOf(request), repositories, waits: onboardingWaits(waits) };
}
