import { Refusal } from "../armKit/refusal.ts";
import { inClockMs } from "../kit/clock.ts";
import type { Clock, Directory, Principal, Timings } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { Life } from "../kit/life.ts";
import { isScaledOut } from "./autoscaler.ts";
import { failing, fateOf, type Failure, type Fate } from "./fate.ts";
import { begunOperation, succeeded } from "./operations.ts";
import { timers, type Timers } from "./timers.ts";
import { refuseInvalid, validityOf, type Validity } from "./credentials.ts";
import { refuseMalformed, refuseWrongState } from "./refusals.ts";
import { rollout, type Ending, type Plan, type Step } from "./rollout.ts";
import type { Cluster, ClusterStore, Credential, Operation, OperationError } from "./store.ts";

export interface UpdateNeeds {
  readonly store: () => ClusterStore;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly life: Life;
  readonly ids: IdMaker;
  /** Told when a cluster gets another credential. */
  readonly changed: (cluster: Cluster) => void;
}

export interface CredentialUpdates {
  /** Checks, then begins: the nodes are re-imaged one after another. Throws Refusal. */
  start(cluster: Cluster, credential: Credential, caller: Principal): Operation;
  /** The next update of the cluster fails once `afterNodes` nodes have the new credential. */
  failNext(clusterId: string, afterNodes: number, failure: Failure): void;
  /** Forgets planned failures and stops what is under way. */
  forget(): void;
}

export function credentialUpdates(needs: UpdateNeeds): CredentialUpdates {
  const planned = new Map<string, Fate>();
  const due = timers(needs);
  let settledAt = needs.clock.now();
  const inner: Needs = { ...needs, settledAt: () => settledAt, due };
  const start = (cluster: Cluster, credential: Credential, caller: Principal): Operation => {
    refuseWrongState(cluster);
    refuseMalformed(credential);
    const validity = validityOf(cluster, credential, inner);
    cluster.updates += 1;
    refuseInvalid(validity);
    const key = cluster.id.toLowerCase();
    const fate = planned.get(key) ?? fateAfter(validity) ?? fateOf(cluster, needs.life);
    planned.delete(key);
    if (fate.outcome === "refused") throw new Refusal(fate.code, fate.message);
    due.cancel(retryOf(cluster));
    cluster.credential = credential;
    needs.changed(cluster);
    return begin({ cluster, credential, fate, startedBy: caller, attempt: 0 }, inner);
  };
  return {
    start,
    failNext: (clusterId, afterNodes, failure) =>
      void planned.set(clusterId.toLowerCase(), failing(failure, afterNodes)),
    forget: () => {
      planned.clear();
      due.cancelAll();
      settledAt = needs.clock.now();
    },
  };
}

/** Where the credential is not valid (any more), no node gets it. */
function fateAfter(validity: Validity): Fate | undefined {
  return validity.outcome === "valid"
    ? undefined
    : failing("ServicePrincipalValidationClientError", 0, validity.message);
}

interface Needs extends UpdateNeeds {
  readonly settledAt: () => number;
  readonly due: Timers;
}

interface Update {
  readonly cluster: Cluster;
  readonly credential: Credential;
  readonly fate: Fate;
  readonly startedBy: Principal | undefined;
  /** How often AKS has gone on with it by itself. */
  readonly attempt: number;
}

function begin(update: Update, needs: Needs): Operation {
  const { cluster, credential, fate, startedBy, attempt } = update;
  const operation = begunOperation(cluster, startedBy, needs);
  setStates(cluster, "Updating");
  const plan: Plan = {
    cluster,
    credential,
    now: () => needs.clock.now(),
    onlyOthers: attempt > 0,
    isSurging: needs.life.on("surgingNodes"),
    isDrainBlocked: fate.outcome === "fails" && fate.failure === "PodDrainFailure",
    stopAfter: fate.outcome === "fails" ? fate.afterNodes : undefined,
    progress: (done, of) => {
      operation.percentComplete = of === 0 ? 100 : Math.floor((done / of) * 100);
    },
    isScaledOut: (pool) => isScaledOut(cluster, pool, needs.life),
  };
  if (plan.isSurging) needs.life.strike("surgingNodes");
  const ended = (ending: Ending): void => end(update, operation, ending, needs);
  walk(rollout(plan), ended, (share, work) => {
    const delayInMs = inClockMs(needs.timings, share * needs.timings.reimagePerNodeInSeconds);
    if (delayInMs === 0) return false;
    needs.due.after(stepOf(cluster), delayInMs, work);
    return true;
  });
  return operation;
}

/** Takes step after step. `later` does the work after a share of a node's time, or says that this takes no time at all. */
function walk(
  steps: Generator<Step, Ending, undefined>,
  ended: (ending: Ending) => void,
  later: (share: number, work: () => void) => boolean,
): void {
  for (let next = steps.next(); ; next = steps.next()) {
    if (next.done) return ended(next.value);
    const step = next.value;
    step.begin?.();
    const doneWaiting = (): void => {
      step.end();
      walk(steps, ended, later);
    };
    if (later(step.share, doneWaiting)) return;
    step.end();
  }
}

function end(update: Update, operation: Operation, ending: Ending, needs: Needs): void {
  const { cluster, fate } = update;
  const endedAt = needs.clock.now();
  if (ending.outcome === "done" || fate.outcome !== "fails") {
    setStates(cluster, "Succeeded");
    succeeded(operation, endedAt);
    return;
  }
  fail(cluster, operation, fate.error(ending.at?.name ?? "unknown"), endedAt);
  if (needs.life.on("retriedUpdates")) goOnLater(update, needs);
}

function fail(cluster: Cluster, operation: Operation, error: OperationError, endedAt: number): void {
  cluster.provisioningState = "Failed";
  cluster.revision += 1;
  for (const pool of cluster.pools) if (pool.provisioningState === "Updating") pool.provisioningState = "Failed";
  Object.assign(operation, { status: "Failed", endedAt, error });
}

/** AKS goes on by itself after some minutes, longer after each time that was in vain, unless somebody else has begun meanwhile. */
function goOnLater({ cluster, attempt }: Update, needs: Needs): void {
  const { life, timings, due } = needs;
  const share = life.chance("retriedUpdates", `${cluster.id.toLowerCase()}/${cluster.updates}/${attempt}`);
  if (attempt >= mostRetries) return;
  const waitInSeconds = (120 + share * 480) * 2 ** attempt;
  due.after(retryOf(cluster), inClockMs(timings, waitInSeconds), () => {
    const { credential, provisioningState, powerState } = cluster;
    if (!credential || provisioningState !== "Failed" || powerState === "Stopped") return;
    life.strike("retriedUpdates");
    const fate = fateAfter(validityOf(cluster, credential, needs)) ?? { outcome: "done" };
    begin({ cluster, credential, fate, startedBy: undefined, attempt: attempt + 1 }, needs);
  });
}

/** Then it waits for a person. */
const mostRetries = 4;

function setStates(cluster: Cluster, state: "Updating" | "Succeeded"): void {
  cluster.provisioningState = state;
  cluster.revision += 1;
  for (const pool of cluster.pools) if (pool.powerState === "Running") pool.provisioningState = state;
}

function stepOf({ id }: Cluster): string {
  return `step ${id.toLowerCase()}`;
}

function retryOf({ id }: Cluster): string {
  return `retry ${id.toLowerCase()}`;
}
