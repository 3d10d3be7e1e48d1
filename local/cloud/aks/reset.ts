import { randomUUID } from "node:crypto";
import { Refusal } from "../armKit/refusal.ts";
import { lasting } from "../kit/clock.ts";
import type { Clock, Directory, Principal, Timings } from "../kit/contract.ts";
import { nodesOf, type Cluster, type ClusterStore, type Credential, type Node, type Operation } from "./store.ts";

interface Needs {
  readonly store: () => ClusterStore;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly timings: Timings;
}

export interface CredentialUpdates {
  /** Checks, then begins: the nodes are re-imaged one after another. Throws Refusal. */
  start(cluster: Cluster, credential: Credential, caller: Principal): Operation;
  /** The next update of the cluster fails once `afterNodes` nodes have the new credential. */
  failNext(clusterId: string, afterNodes: number): void;
  /** Forgets planned failures and stops what is under way. */
  forget(): void;
}

const mostSecretBytes = 190;

export function credentialUpdates({ store, directory, clock, timings }: Needs): CredentialUpdates {
  const failures = new Map<string, number>();
  const due = new Set<{ cancel(): void }>();
  const pace: Pace = {
    now: () => clock.now(),
    afterNode: (work) => {
      const dueInMs = lasting(timings, timings.reimagePerNodeInSeconds);
      if (dueInMs === 0) return work();
      const timer = clock.after(dueInMs, () => {
        due.delete(timer);
        work();
      });
      due.add(timer);
    },
  };
  const start = (cluster: Cluster, credential: Credential, caller: Principal): Operation => {
    refuseWrongState(cluster);
    refuseWrongCredential(cluster, credential, directory);
    const operation = begun(cluster, caller, clock.now());
    store().operations.set(operation.id, operation);
    const failAfter = failures.get(cluster.id.toLowerCase());
    failures.delete(cluster.id.toLowerCase());
    cluster.credential = credential;
    setStates(cluster, "Updating");
    advance({ cluster, operation, credential, failAfter }, nodesOf(cluster), pace);
    return operation;
  };

  return {
    start,
    failNext: (clusterId, afterNodes) => void failures.set(clusterId.toLowerCase(), afterNodes),
    forget: () => {
      failures.clear();
      for (const timer of due) timer.cancel();
      due.clear();
    },
  };
}

interface Update {
  readonly cluster: Cluster;
  readonly operation: Operation;
  readonly credential: Credential;
  readonly failAfter: number | undefined;
}

interface Pace {
  readonly now: () => number;
  /** At once where re-imaging takes no time. */
  readonly afterNode: (work: () => void) => void;
}

/** Re-images the next nodes that wait, as many at once as their pool allows, then goes on with the rest. */
function advance(update: Update, waiting: readonly Node[], pace: Pace): void {
  const { cluster, operation, credential, failAfter } = update;
  const all = nodesOf(cluster).length;
  const done = all - waiting.length;
  operation.percentComplete = all === 0 ? 100 : Math.floor((done / all) * 100);
  for (const pool of cluster.pools)
    if (pool.nodes.every((node) => !waiting.includes(node))) pool.provisioningState = "Succeeded";
  if (failAfter !== undefined && done >= failAfter) return fail(cluster, operation, waiting[0], pace.now());
  if (waiting.length === 0) return finish(cluster, operation, pace.now());
  const together = nextNodes(cluster, waiting, failAfter === undefined ? Infinity : failAfter - done);
  pace.afterNode(() => {
    for (const node of together) {
      node.credential = credential;
      node.imagedAt = pace.now();
    }
    advance(update, waiting.slice(together.length), pace);
  });
}

/** Pools go one after another; within one, `maxSurge` nodes at a time. */
function nextNodes({ pools }: Cluster, waiting: readonly Node[], most: number): readonly Node[] {
  const [first] = waiting;
  const pool = pools.find(({ nodes }) => first !== undefined && nodes.includes(first));
  const ofPool = waiting.filter((node) => pool?.nodes.includes(node));
  return ofPool.slice(0, Math.max(1, Math.min(pool?.maxSurge ?? 1, most)));
}

function finish(cluster: Cluster, operation: Operation, endedAt: number): void {
  setStates(cluster, "Succeeded");
  Object.assign(operation, { status: "Succeeded", endedAt, percentComplete: 100 });
}

function fail(cluster: Cluster, operation: Operation, node: Node | undefined, endedAt: number): void {
  const message = `Reconcile node pools failed: node '${node?.name ?? "unknown"}' did not become ready after it was reimaged.`;
  cluster.provisioningState = "Failed";
  cluster.revision += 1;
  for (const pool of cluster.pools) if (pool.provisioningState === "Updating") pool.provisioningState = "Failed";
  Object.assign(operation, { status: "Failed", endedAt, error: { code: "ReconcileVMSSAgentPoolFailed", message } });
}

function begun(cluster: Cluster, startedBy: Principal, startedAt: number): Operation {
  const { id: clusterId, subscriptionId, location } = cluster;
  return {
    ...{ id: randomUUID(), subscriptionId, location, clusterId, startedBy, startedAt },
    ...{ status: "InProgress", percentComplete: 0 },
  };
}

function setStates(cluster: Cluster, state: "Updating" | "Succeeded"): void {
  cluster.provisioningState = state;
  cluster.revision += 1;
  for (const pool of cluster.pools) pool.provisioningState = state;
}

function refuseWrongState({ name, provisioningState, powerState, managedIdentity }: Cluster): void {
  if (managedIdentity !== undefined)
    throw new Refusal(
      "BadRequest",
      "This action cannot be performed on a cluster that is not using a service principal.",
    );
  if (powerState === "Stopped")
    throw new Refusal(
      "BadRequest",
      `The managed cluster '${name}' is in power state 'Stopped'. Start the cluster before changing its service principal.`,
    );
  if (!["Succeeded", "Failed", "Canceled"].includes(provisioningState))
    throw new Refusal(
      "OperationNotAllowed",
      `Operation is not allowed: Another operation (${provisioningState}) is in progress, please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details`,
    );
}

/** AKS signs in with what it was given before it touches a node. */
function refuseWrongCredential(cluster: Cluster, { clientId, secret }: Credential, directory: Directory): void {
  if (clientId === "" || secret === "")
    throw new Refusal(
      "InvalidParameter",
      "The value of parameter servicePrincipalProfile is invalid: 'clientId' and 'secret' are required.",
    );
  if (Buffer.byteLength(secret) > mostSecretBytes)
    throw new Refusal(
      "InvalidParameter",
      `The value of parameter servicePrincipalProfile.secret is invalid: it must not be longer than ${mostSecretBytes} bytes.`,
    );
  const signIn = directory.signIn(cluster.tenantId, clientId, secret);
  if (signIn.outcome === "ok") return;
  const { aadsts, error, message } = signIn;
  const body = JSON.stringify({ error, error_description: message, error_codes: [aadsts] });
  throw new Refusal(
    "BadRequest",
    `The credentials in ServicePrincipalProfile were invalid. Please see https://aka.ms/aks-sp-help for more details. (Details: adal: Refresh request failed. Status Code = '${error === "invalid_client" ? 401 : 400}'. Response body: ${body})`,
  );
}
