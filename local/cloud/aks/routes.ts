import { bodyOf, textAt } from "../armKit/body.ts";
import { authorizationFailed, type ArmCall, type ArmRoute } from "../armKit/guard.ts";
import { errorReply, json } from "../armKit/replies.ts";
import { Refusal } from "../armKit/refusal.ts";
import { managedClusters } from "../armKit/versions.ts";
import type { Reply, Timings } from "../kit/contract.ts";
import type { Rights } from "../rbac/authorization.ts";
import type { CredentialUpdates } from "./reset.ts";
import type { Cluster, ClusterStore, Operation } from "./store.ts";
import { shownCluster, shownOperation, shownPool } from "./views.ts";

interface Needs {
  readonly store: () => ClusterStore;
  readonly updates: CredentialUpdates;
  readonly rights: Rights;
  readonly timings: Timings;
  readonly armUrl: () => string;
}

type Params = Readonly<Record<string, string>>;
const provider = "providers/Microsoft.ContainerService";
const subscription = "/subscriptions/:subscription";
const clusters = `${subscription}/resourceGroups/:group/${provider}/managedClusters`;
const clusterAt = ({ subscription: id, group, cluster }: Params): string =>
  `/subscriptions/${id}/resourceGroups/${group}/${provider}/managedClusters/${cluster}`;
const on = (action: string, scope: (params: Params) => string): NonNullable<ArmRoute["right"]> => ({
  action: `Microsoft.ContainerService/managedClusters/${action}`,
  scope,
});

export function aksRoutes(needs: Needs): ArmRoute[] {
  return [...clusterRoutes(needs), ...poolRoutes(needs), ...operationRoutes(needs)];
}

function clusterRoutes({ store, updates, timings, armUrl }: Needs): ArmRoute[] {
  const list = ({ params }: ArmCall): Reply => json({ value: listed(store(), params).map(shownCluster) });
  return [
    {
      ...{ method: "GET", path: `${subscription}/${provider}/managedClusters`, operation: "ManagedClusters_List" },
      ...{ type: managedClusters, right: on("read", (params) => `/subscriptions/${params["subscription"]}`) },
      handle: list,
    },
    {
      ...{ method: "GET", path: clusters, operation: "ManagedClusters_ListByResourceGroup", type: managedClusters },
      right: on("read", ({ subscription: id, group }) => `/subscriptions/${id}/resourceGroups/${group}`),
      handle: list,
    },
    {
      ...{ method: "GET", path: `${clusters}/:cluster`, operation: "ManagedClusters_Get", type: managedClusters },
      right: on("read", clusterAt),
      handle: ({ params }) => json(shownCluster(found(store(), params))),
    },
    {
      ...{ method: "POST", path: `${clusters}/:cluster/resetServicePrincipalProfile`, type: managedClusters },
      operation: "ManagedClusters_ResetServicePrincipalProfile",
      right: on("resetServicePrincipalProfile/action", clusterAt),
      handle: (call) => {
        const body = bodyOf(call);
        const credential = { clientId: textAt(body, "clientId") ?? "", secret: textAt(body, "secret") ?? "" };
        const operation = updates.start(found(store(), call.params), credential, call.principal);
        return accepted(operation, armUrl(), call.apiVersion, timings);
      },
    },
  ];
}

function poolRoutes({ store }: Needs): ArmRoute[] {
  const pools = `${clusters}/:cluster/agentPools`;
  return [
    {
      ...{ method: "GET", path: pools, operation: "AgentPools_List", type: managedClusters },
      right: on("agentPools/read", clusterAt),
      handle: ({ params }) => {
        const cluster = found(store(), params);
        return json({ value: cluster.pools.map((pool) => shownPool(cluster, pool)) });
      },
    },
    {
      ...{ method: "GET", path: `${pools}/:pool`, operation: "AgentPools_Get", type: managedClusters },
      right: on("agentPools/read", clusterAt),
      handle: ({ params }) => {
        const cluster = found(store(), params);
        const pool = cluster.pools.find(({ name }) => name === params["pool"]?.toLowerCase());
        if (!pool) throw new Refusal("NotFound", `Could not find the agent pool ${params["pool"]}.`);
        return json(shownPool(cluster, pool));
      },
    },
  ];
}

function operationRoutes(needs: Needs): ArmRoute[] {
  const at = `${subscription}/${provider}/locations/:location`;
  return [
    {
      ...{ method: "GET", path: `${at}/operations/:operation`, operation: "Operations_Get", type: managedClusters },
      handle: (call) => {
        const operation = operationFor(needs, call);
        return json(shownOperation(operation), 200, operation.status === "InProgress" ? retryAfter(needs.timings) : {});
      },
    },
    {
      ...{ method: "GET", path: `${at}/operationresults/:operation`, type: managedClusters },
      operation: "OperationResults_Get",
      handle: (call) => {
        const operation = operationFor(needs, call);
        const { status, error } = operation;
        if (status === "InProgress") return accepted(operation, needs.armUrl(), call.apiVersion, needs.timings);
        if (error) return errorReply(400, error.code, error.message);
        return { status: 200 };
      },
    },
  ];
}

/** Whoever began an operation may follow it; others need the right to read operations, or the cluster. */
function operationFor({ store, rights }: Needs, { params, principal }: ArmCall): Operation {
  const { subscription: id, location, operation: name } = params;
  const operation = store().operations.get(name ?? "");
  if (!operation || operation.subscriptionId !== id?.toLowerCase() || operation.location !== location?.toLowerCase())
    throw new Refusal("NotFound", `The operation '${name}' was not found.`);
  const action = "Microsoft.ContainerService/locations/operations/read";
  const mayRead =
    operation.startedBy.objectId === principal.objectId ||
    rights.allows(principal.objectId, action, `/subscriptions/${id}`) ||
    rights.allows(principal.objectId, "Microsoft.ContainerService/managedClusters/read", operation.clusterId);
  if (!mayRead) throw authorizationFailed(principal, action, `/subscriptions/${id}`);
  return operation;
}

function accepted(operation: Operation, armUrl: string, apiVersion: string, timings: Timings): Reply {
  const { subscriptionId, location, id } = operation;
  const base = `${armUrl}/subscriptions/${subscriptionId}/${provider}/locations/${location}`;
  return {
    status: 202,
    headers: {
      "azure-asyncoperation": `${base}/operations/${id}?api-version=${apiVersion}`,
      location: `${base}/operationresults/${id}?api-version=${apiVersion}`,
      ...retryAfter(timings),
    },
  };
}

/** A node's time, ten simulated seconds at most; never 0, which the Azure CLI takes for 30. */
function retryAfter({ speed, reimagePerNodeInSeconds }: Timings): Readonly<Record<string, string>> {
  return { "retry-after": String(Math.max(1, Math.ceil(Math.min(10, reimagePerNodeInSeconds) / speed))) };
}

function listed(store: ClusterStore, { subscription: id, group }: Params): Cluster[] {
  return [...store.all()]
    .filter(({ subscriptionId }) => subscriptionId === id?.toLowerCase())
    .filter(({ resourceGroup }) => group === undefined || resourceGroup.toLowerCase() === group.toLowerCase());
}

function found(store: ClusterStore, params: Params): Cluster {
  const cluster = store.get(clusterAt(params));
  if (cluster) return cluster;
  throw new Refusal(
    "ResourceNotFound",
    `The Resource 'Microsoft.ContainerService/managedClusters/${params["cluster"]}' under resource group '${params["group"]}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}
