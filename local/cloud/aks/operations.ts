import type { Clock, Principal } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { Cluster, ClusterStore, Operation } from "./store.ts";

interface Needs {
  readonly store: () => ClusterStore;
  readonly clock: Clock;
  readonly ids: IdMaker;
}

/** A new one, kept in the store. `startedBy`: undefined for AKS itself. */
export function begunOperation(cluster: Cluster, startedBy: Principal | undefined, needs: Needs): Operation {
  const operation: Operation = {
    id: needs.ids.next("operation", cluster.id.toLowerCase()),
    subscriptionId: cluster.subscriptionId,
    location: cluster.location,
    clusterId: cluster.id,
    startedBy,
    startedAt: needs.clock.now(),
    status: "InProgress",
    percentComplete: 0,
  };
  needs.store().operations.set(operation.id, operation);
  return operation;
}

export function succeeded(operation: Operation, endedAt: number): void {
  Object.assign(operation, { status: "Succeeded", endedAt, percentComplete: 100 });
}
