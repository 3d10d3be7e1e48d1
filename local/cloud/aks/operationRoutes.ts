import { authorizationFailed, type ArmCall, type ArmRoute } from "../armKit/guard.ts";
import { Refusal } from "../armKit/refusal.ts";
import { json } from "../armKit/replies.ts";
import { clusterOperations } from "../armKit/versions.ts";
import type { Authorization, Reply } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import type { Monitor, Monitors } from "./monitors.ts";
import { provider, subscription } from "./paths.ts";
import type { ClusterStore, Operation } from "./store.ts";
import { shownOperation } from "./views.ts";

interface Needs {
  readonly store: () => ClusterStore;
  readonly monitors: Monitors;
  readonly rights: Pick<Authorization, "allows">;
  readonly life: Life;
}

/** Where operations of clusters are followed. */
export function operationRoutes(needs: Needs): ArmRoute[] {
  const { monitors, life } = needs;
  const at = `${subscription}/${provider}/locations/:location`;
  return [
    {
      method: "GET",
      path: `${at}/operations/:operation`,
      operation: "Operations_Get",
      type: clusterOperations,
      handle: (call) => {
        const operation = operationFor(needs, call, "operations");
        const shown = shownOperation(operation, monitors.isNotLatest(operation));
        return json(shown, 200, operation.status === "InProgress" ? monitors.retryAfter() : {});
      },
    },
    {
      method: "GET",
      path: `${at}/operationresults/:operation`,
      operation: "OperationResults_Get",
      type: clusterOperations,
      handle: (call) => {
        const operation = operationFor(needs, call, "operationresults");
        const { status, error } = operation;
        if (status === "InProgress") return accepted(operation, monitors, call.apiVersion);
        if (error) return json({ error }, 400);
        if (!life.on("noContentAtTheEnd")) return { status: 200 };
        life.strike("noContentAtTheEnd");
        return { status: 204 };
      },
    },
  ];
}

export function accepted(operation: Operation, monitors: Monitors, apiVersion: string): Reply {
  return { status: 202, headers: monitors.headers(operation, apiVersion) };
}

/** Whoever began an operation may follow it; others need the right to read operations, or the cluster. */
function operationFor({ store, monitors, rights }: Needs, { params, principal }: ArmCall, monitor: Monitor): Operation {
  const { subscription: id, location, operation: name } = params;
  const operation = store().operations.get(name ?? "");
  const isHere = operation?.subscriptionId === id?.toLowerCase() && operation?.location === location?.toLowerCase();
  if (!operation || !isHere || monitors.isLost(operation, monitor))
    throw new Refusal("NotFound", `The operation '${name}' was not found.`);
  const action = "Microsoft.ContainerService/locations/operations/read";
  const mayRead =
    operation.startedBy?.objectId === principal.objectId ||
    rights.allows(principal.objectId, action, `/subscriptions/${id}`) ||
    rights.allows(principal.objectId, "Microsoft.ContainerService/managedClusters/read", operation.clusterId);
  if (!mayRead) throw authorizationFailed(principal, action, `/subscriptions/${id}`);
  return operation;
}
