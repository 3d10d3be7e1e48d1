import { readRotation, type ToRotate } from "../activities/readRotation.ts";
import { recordRotation } from "../activities/recordRotation.ts";
import { giveUpSecret } from "../activities/retireSecrets.ts";
import { failedWith, type Stopped } from "../domain/operation.ts";
import { firstRotationSteps, rotationWorkflow, type RotateInput, type RotateOutput } from "../domain/rotation.ts";
import { onboardingWaits } from "../domain/waits.ts";
import { orchestrator, type Context, type JsonObject, type Orchestration } from "../durable/calls.ts";
import { generations, once } from "../durable/carry.ts";
import { hold, type OnCluster } from "./cluster/hold.ts";
import { awaitLinks } from "./cluster/links.ts";
import { retire } from "./cluster/retire.ts";
import { awaitRemoval, currentCredential, tidySecrets, type Credential } from "./cluster/secret.ts";
import { waitForEarlierGrace, waitForGrace, waitForLead } from "./cluster/turn.ts";
import { failOnThrow } from "./ending.ts";
import { routeOf } from "./routes/routes.ts";
import { call, newRun, type Run } from "./run.ts";

type Rotated = { readonly outcome: "rotated"; readonly dead: readonly string[] };

/** Replaces the secret that one cluster pulls with, so that at no time a pull fails, and takes the old one away. */
export const rotateCluster = orchestrator(
  rotationWorkflow,
  function* (context: Context, input: RotateInput, before: JsonObject): Orchestration<RotateOutput> {
    const steps = firstRotationSteps();
    const run = newRun(context, { operationId: input.operationId, steps, waitingFor: null }, before);
    const continued = { state: "continued", problem: null } as const;
    return yield* generations<RotateOutput>(context, input, run.carried, whole(run, input), continued);
  },
);

/** The runbook. */
function* rotate(run: Run, input: RotateInput): Orchestration<Rotated | Stopped> {
  const { steps } = run;
  const { clusterKey, window, reason } = input;
  const on = clusterPart(input);
  const route = routeOf(input.route);

  steps.begin("opening");
  const early = yield* waitForLead(run, window, on.waits.rotationLeadInSeconds);
  if (early) return early;

  const world = yield* once(run, "world", () => readWorld(run, clusterKey));
  if (world.outcome === "stopped") return world;
  const over = yield* waitForEarlierGrace(run, reason === "leak" ? null : world.graceUntil);
  if (over) return over;

  steps.begin("secret");
  const made = yield* once(run, "secret", () => hold(run, on, () => secretInRoom(run, on)));
  if (made.outcome === "stopped") return made;

  steps.begin("proof");
  const linked = { links: world.links.map(({ id }) => id), before: world.before };
  const proveAgain = () => awaitLinks(run, on, linked, on.waits.secretProofs);
  const proved = yield* once(run, "proof", proveAgain);
  if (proved.outcome === "stopped") return proved;

  const home = { principalId: "", createdAt: world.createdAt };
  const acceptance = { acceptLost: [], acceptOldApplication: null };
  const delivery = { on, home, window, acceptance, proveAgain, version: proved.version };
  const delivered = yield* once(run, "delivered", () => route.deliver(run, delivery));
  if (delivered.outcome === "stopped") return delivered;

  steps.begin("links");
  const living = { links: linked.links.filter((id) => !proved.dead.includes(id)), before: null };
  const last = yield* once(run, "links", () => awaitLinks(run, on, living, 1));
  if (last.outcome === "stopped") return last;

  steps.begin("grace");
  const stopped = yield* waitForGrace(run, on.waits.graceInSeconds);
  if (stopped) return stopped;

  steps.begin("removal");
  const tenants = [...new Set([input.cluster.tenantId, ...world.links.map(({ tenantId }) => tenantId)])];
  const removed = yield* hold(run, on, () => retire(run, on, tenants));
  return removed ?? { outcome: "rotated", dead: proved.dead };
}

/** What an earlier run left goes first, so that there are never more than two. */
function* secretInRoom(run: Run, on: OnCluster): Orchestration<Credential | Stopped> {
  const stopped = yield* awaitRemoval(run, on);
  return stopped ?? (yield* currentCredential(run, on));
}

type World = ToRotate;

function* readWorld({ context }: Run, clusterKey: string): Orchestration<World | Stopped> {
  const world = yield* call(context, readRotation, { clusterKey });
  return world.outcome === "nothing"
    ? failedWith("CP-NOTHING-TO-ROTATE", `the nodes of cluster ${clusterKey} hold no credential of ours`)
    : world;
}

/** The runbook and its end, which is carried as well. */
function* whole(run: Run, input: RotateInput): Orchestration<RotateOutput> {
  const kept = run.carried.get<Rotated | Stopped>("ending");
  const ending = kept ?? (yield* failOnThrow(rotate(run, input)));
  run.carried.keep("ending", ending);
  return yield* finish(run, input, ending);
}

/** Gives up what no node can hold, and writes down how it ended. */
function* finish(run: Run, input: RotateInput, ending: Rotated | Stopped): Orchestration<RotateOutput> {
  const { context, operationId, steps } = run;
  const { clusterKey } = input;
  const stopped = ending.outcome === "stopped" ? ending : null;
  if (stopped && !stopped.isStale) yield* failOnThrow(giveUp(run, clusterPart(input)));
  const state = stopped?.state ?? "ended";
  const problem = stopped?.problem ?? null;
  const dead = ending.outcome === "rotated" ? ending.dead : [];
  steps.end(stopped?.state ?? "done", problem?.detail);
  const { steps: shown } = steps.progress();
  yield* call(context, recordRotation, { operationId, clusterKey, state, problem, dead, steps: shown });
  return { state, problem };
}

/** A failure before the cluster took the new secret removes it; after that both stay until an update is followed to its end. */
function* giveUp(run: Run, on: OnCluster): Orchestration<Stopped | undefined> {
  const credential = run.carried.get<Credential>("credential");
  const isDelivered = run.carried.get("delivered") !== undefined;
  if (!credential || isDelivered) return undefined;
  const { operationId } = run;
  const { version } = credential.secret;
  const given = yield* hold(
    run,
    on,
    function* () {
      yield* call(run.context, giveUpSecret, { operationId, clusterKey: on.clusterKey, version });
      return undefined;
    },
    false,
  );
  return given ?? (yield* tidySecrets(run, on));
}

function clusterPart({ clusterKey, cluster, waits, reason }: RotateInput): OnCluster {
  const { graceInSeconds, ...others } = onboardingWaits(waits);
  const leaked = reason === "leak";
  const part = { clusterKey, cluster, waits: { ...others, graceInSeconds: leaked ? 0 : graceInSeconds }, anew: true };
  return leaked ? { ...part, leaked } : part;
}
