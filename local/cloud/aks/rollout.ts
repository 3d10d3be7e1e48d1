import { newNode, type Cluster, type Credential, type Node, type Pool } from "./store.ts";

/** A stretch of a roll-out: what happens at its beginning and end, and how much of a node's re-image time lies between. */
export interface Step {
  readonly share: number;
  begin?(): void;
  end(): void;
}

/** `at`: the node (if any) at which it stopped. */
export type Ending = { readonly outcome: "done" } | { readonly outcome: "stopped"; readonly at: Node | undefined };

export interface Plan {
  readonly cluster: Cluster;
  readonly credential: Credential;
  readonly now: () => number;
  /** Nodes that have it already are left alone. */
  readonly onlyOthers: boolean;
  /** With nodes that stand in, cordoned and drained ones; otherwise in place. */
  readonly isSurging: boolean;
  /** Does it stop because a pod may not be evicted? */
  readonly isDrainBlocked: boolean;
  /** Stops once so many nodes have the credential. */
  readonly stopAfter: number | undefined;
  /** Told how many nodes have it of how many. */
  readonly progress: (done: number, of: number) => void;
  /** Asked once in the middle of each pool: does the autoscaler add a node there now? */
  readonly isScaledOut: (pool: Pool) => boolean;
}

type Steps = Generator<Step, Ending, undefined>;

/** Every node is re-imaged with the credential: pool after pool, within one as many at once as its `maxSurge`. */
export function* rollout(plan: Plan): Steps {
  const pools = plan.cluster.pools.filter(({ powerState }) => powerState === "Running");
  const waiting = new Map(pools.map((pool) => [pool, pool.nodes.filter((node) => isWaiting(node, plan))]));
  const all = [...waiting.values()].reduce((sum, nodes) => sum + nodes.length, 0);
  const count = { done: 0, all };
  plan.progress(0, all);
  if (plan.isSurging && plan.stopAfter === 0) yield { share: 0.5, end: () => undefined };
  for (const [pool, nodes] of waiting) {
    const ending = yield* poolSteps(pool, nodes, plan, count);
    if (ending.outcome === "stopped") return ending;
    pool.provisioningState = "Succeeded";
    if (plan.isSurging) pool.nodeImage = nodeImageAt(plan.now());
  }
  return isEnough(plan, count) ? { outcome: "stopped", at: undefined } : { outcome: "done" };
}

/** A new one comes every week. */
function nodeImageAt(now: number): string {
  const weekInMs = 7 * 86_400_000;
  const [year = "", month = "", day = ""] = new Date(Math.floor(now / weekInMs) * weekInMs).toISOString().split(/[-T]/);
  return `AKSUbuntu-2204gen2containerd-${year}${month}.${day}.0`;
}

interface Count {
  done: number;
  readonly all: number;
}

function isWaiting({ credential, isSurge }: Node, plan: Plan): boolean {
  return !isSurge && !(plan.onlyOthers && credential === plan.credential);
}

function isEnough({ stopAfter }: Plan, { done }: Count): boolean {
  return stopAfter !== undefined && done >= stopAfter;
}

function* poolSteps(pool: Pool, nodes: readonly Node[], plan: Plan, count: Count): Steps {
  const standIns = plan.isSurging && pool.type !== "VirtualMachines" && pool.priority === "Regular";
  if (standIns && nodes.length > 0 && !isEnough(plan, count)) yield* standInsCome(pool, plan);
  let wasScaled = false;
  for (let rest = [...nodes]; rest.length > 0;) {
    if (isEnough(plan, count)) {
      // The node whose drain did not end stays cordoned.
      if (plan.isDrainBlocked && plan.isSurging && rest[0]) rest[0].cordoned = true;
      return { outcome: "stopped", at: rest[0] };
    }
    const most = plan.stopAfter === undefined ? Infinity : plan.stopAfter - count.done;
    const batch = rest.slice(0, Math.max(1, Math.min(pool.maxSurge, most)));
    rest = rest.slice(batch.length);
    yield* batchSteps(pool, batch, plan);
    count.done += batch.length;
    plan.progress(count.done, count.all);
    if (!wasScaled && plan.isScaledOut(pool)) {
      wasScaled = true;
      pool.autoscaled += 1;
      pool.nodes.push(newNode(pool, { credential: plan.cluster.credential, imagedAt: plan.now(), isSurge: false }));
    }
  }
  if (standIns) yield* standInsGo(pool);
  return { outcome: "done" };
}

function batchSteps(pool: Pool, batch: readonly Node[], plan: Plan): Generator<Step, void, undefined> {
  if (!plan.isSurging) return inPlace(batch, plan);
  return pool.type === "VirtualMachines" ? replaced(pool, batch, plan) : drained(batch, plan);
}

function* inPlace(batch: readonly Node[], plan: Plan): Generator<Step, void, undefined> {
  yield { share: 1, end: () => reimage(batch, plan) };
}

/** Of the time of a node, a quarter goes by until its pods have left it. */
const drainShare = 0.25;

function* drained(batch: readonly Node[], plan: Plan): Generator<Step, void, undefined> {
  yield { share: drainShare, begin: () => cordon(batch), end: () => undefined };
  yield { share: 1 - drainShare, end: () => reimage(batch, plan) };
}

/** Single machines are not re-imaged: others take their place. */
function* replaced(pool: Pool, batch: readonly Node[], plan: Plan): Generator<Step, void, undefined> {
  const { credential, now } = plan;
  const comes = (): void => {
    for (const node of batch) {
      const place = pool.nodes.indexOf(node);
      pool.nodes.splice(place, 0, newNode(pool, { credential, imagedAt: now(), isSurge: false }));
    }
  };
  yield { share: 1 - drainShare, end: comes };
  const goes = (): void => {
    pool.nodes = pool.nodes.filter((node) => !batch.includes(node));
  };
  yield { share: drainShare, begin: () => cordon(batch), end: goes };
}

function* standInsCome(pool: Pool, { credential, now }: Plan): Generator<Step, void, undefined> {
  const come = (): void => {
    // What an update that failed has left behind goes first.
    pool.nodes = pool.nodes.filter(({ isSurge }) => !isSurge);
    const count = Math.min(pool.maxSurge, pool.nodes.length);
    for (let made = 0; made < count; made++)
      pool.nodes.push(newNode(pool, { credential, imagedAt: now(), isSurge: true }));
  };
  yield { share: 1, end: come };
}

function* standInsGo(pool: Pool): Generator<Step, void, undefined> {
  const standIns = pool.nodes.filter(({ isSurge }) => isSurge);
  const go = (): void => {
    pool.nodes = pool.nodes.filter(({ isSurge }) => !isSurge);
  };
  yield { share: drainShare, begin: () => cordon(standIns), end: go };
}

function cordon(nodes: readonly Node[]): void {
  for (const node of nodes) node.cordoned = true;
}

function reimage(nodes: readonly Node[], { credential, now }: Plan): void {
  for (const node of nodes) {
    node.credential = credential;
    node.imagedAt = now();
    node.cordoned = false;
  }
}
