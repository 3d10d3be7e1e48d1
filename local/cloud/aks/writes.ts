import { Refusal } from "../armKit/refusal.ts";
import { inClockMs } from "../kit/clock.ts";
import type { Clock, Principal, Timings } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import { begunOperation, succeeded } from "./operations.ts";
import { refuseWhileBusy } from "./refusals.ts";
import {
  newNode,
  type Cluster,
  type ClusterStore,
  type Operation,
  type Pool,
  type PowerState,
  type ProvisioningState,
} from "./store.ts";
import { timers } from "./timers.ts";

/** What else writes to a cluster: each is refused while another, or an update of the credential, is under way. Throws Refusal. */
export interface ClusterWrites {
  changeCluster(cluster: Cluster, wanted: ClusterChange, caller: Principal): Operation;
  changePool(cluster: Cluster, pool: Pool, wanted: PoolChange, caller: Principal): Operation;
  /** Every node of the pool gets a new image, and with it what the cluster's credential is then. */
  upgradePool(cluster: Cluster, pool: Pool, caller: Principal): Operation;
  setPower(cluster: Cluster, wanted: PowerState, caller: Principal): Operation;
  /** Stops what is under way. */
  forget(): void;
}

export interface PoolChange {
  readonly count?: number | undefined;
  readonly powerState?: PowerState | undefined;
}

export interface ClusterChange {
  /** They take the place of those before. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly pools: readonly { readonly pool: Pool; readonly wanted: PoolChange }[];
}

interface Needs {
  readonly store: () => ClusterStore;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly ids: IdMaker;
}

export function clusterWrites(needs: Needs): ClusterWrites {
  const { clock, timings } = needs;
  const due = timers(needs);
  const write = (cluster: Cluster, caller: Principal, { begins, effect }: Write): Operation => {
    refuseWhileBusy(cluster);
    const operation = begunOperation(cluster, caller, needs);
    begins();
    cluster.revision += 1;
    const end = (): void => {
      effect();
      cluster.revision += 1;
      succeeded(operation, clock.now());
    };
    const delayInMs = inClockMs(timings, timings.reimagePerNodeInSeconds);
    if (delayInMs === 0) end();
    else due.after(cluster.id.toLowerCase(), delayInMs, end);
    return operation;
  };
  const change = (cluster: Cluster, pool: Pool, { count, powerState }: PoolChange): void => {
    if (powerState !== undefined) setPoolPower(cluster, pool, powerState, clock.now());
    if (count !== undefined) scale(cluster, pool, count, clock.now());
  };
  return {
    changeCluster: (cluster, { tags, pools }, caller) => {
      refuseStopped(cluster);
      return write(cluster, caller, {
        begins: () => setStates(cluster, "Updating"),
        effect: () => {
          for (const { pool, wanted } of pools) change(cluster, pool, wanted);
          cluster.tags = tags ?? cluster.tags;
          setStates(cluster, "Succeeded");
        },
      });
    },
    changePool: (cluster, pool, wanted, caller) => {
      refuseStopped(cluster);
      return write(cluster, caller, {
        begins: () => void (pool.provisioningState = "Updating"),
        effect: () => {
          change(cluster, pool, wanted);
          pool.provisioningState = "Succeeded";
        },
      });
    },
    upgradePool: (cluster, pool, caller) => {
      refuseStopped(cluster);
      return write(cluster, caller, {
        begins: () => void (pool.provisioningState = "Upgrading"),
        effect: () => {
          reimaged(cluster, pool, clock.now());
          pool.provisioningState = "Succeeded";
        },
      });
    },
    setPower: (cluster, wanted, caller) =>
      write(cluster, caller, {
        begins: () => setStates(cluster, wanted === "Stopped" ? "Stopping" : "Starting"),
        effect: () => {
          cluster.powerState = wanted;
          for (const pool of cluster.pools) setPoolPower(cluster, pool, wanted, clock.now());
          setStates(cluster, "Succeeded");
        },
      }),
    forget: () => due.cancelAll(),
  };
}

interface Write {
  /** The states while it is under way. */
  readonly begins: () => void;
  readonly effect: () => void;
}

function refuseStopped({ name, powerState }: Cluster): void {
  if (powerState === "Stopped")
    throw new Refusal(
      "BadRequest",
      `The managed cluster '${name}' is in power state 'Stopped'. Start the cluster before changing it or its agent pools.`,
    );
}

function setStates(cluster: Cluster, state: ProvisioningState): void {
  cluster.provisioningState = state;
  for (const pool of cluster.pools) pool.provisioningState = state;
}

/** Nodes that start are made from what the cluster is now. */
function setPoolPower(cluster: Cluster, pool: Pool, wanted: PowerState, now: number): void {
  if (pool.powerState === "Stopped" && wanted === "Running") reimaged(cluster, pool, now);
  pool.powerState = wanted;
}

function reimaged({ credential }: Cluster, pool: Pool, now: number): void {
  for (const node of pool.nodes) Object.assign(node, { credential, imagedAt: now, cordoned: false });
}

/** The newest go first. */
function scale({ credential }: Cluster, pool: Pool, count: number, now: number): void {
  pool.nodes = pool.nodes.slice(0, count);
  while (pool.nodes.length < count) pool.nodes.push(newNode(pool, { credential, imagedAt: now, isSurge: false }));
}
