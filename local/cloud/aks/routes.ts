import { bodyOf, textAt } from "../armKit/body.ts";
import type { ArmCall, ArmRoute } from "../armKit/guard.ts";
import { json } from "../armKit/replies.ts";
import { managedClusters } from "../armKit/versions.ts";
import type { Authorization, Clock, Reply, Timings } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import { maintenanceRoutes } from "./maintenanceRoutes.ts";
import { monitorsOf, type Monitors } from "./monitors.ts";
import { accepted, operationRoutes } from "./operationRoutes.ts";
import { clusterAt, clusters, foundCluster, foundPool, on, provider, subscription, type Params } from "./paths.ts";
import type { Cluster, ClusterStore } from "./store.ts";
import type { CredentialUpdates } from "./updates.ts";
import { shownCluster, shownPool } from "./views.ts";
import { writeRoutes } from "./writeRoutes.ts";
import type { ClusterWrites } from "./writes.ts";

interface Needs {
  readonly store: () => ClusterStore;
  readonly updates: CredentialUpdates;
  readonly writes: ClusterWrites;
  readonly rights: Pick<Authorization, "allows">;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly life: Life;
  readonly armUrl: () => string;
}

export function aksRoutes(needs: Needs): ArmRoute[] {
  const monitors = monitorsOf(needs);
  return [
    ...clusterRoutes(needs),
    resetRoute(needs, monitors),
    ...poolRoutes(needs),
    ...maintenanceRoutes(needs.store),
    ...writeRoutes({ ...needs, monitors }),
    ...operationRoutes({ ...needs, monitors }),
  ];
}

function clusterRoutes({ store, life }: Needs): ArmRoute[] {
  const list = ({ params }: ArmCall): Reply =>
    json({ value: listed(store(), params).map((cluster) => shownCluster(cluster, life)) });
  return [
    {
      method: "GET",
      path: `${subscription}/${provider}/managedClusters`,
      operation: "ManagedClusters_List",
      type: managedClusters,
      right: on("read", (params) => `/subscriptions/${params["subscription"]}`),
      handle: list,
    },
    {
      method: "GET",
      path: clusters,
      operation: "ManagedClusters_ListByResourceGroup",
      type: managedClusters,
      right: on("read", ({ subscription: id, group }) => `/subscriptions/${id}/resourceGroups/${group}`),
      handle: list,
    },
    {
      method: "GET",
      path: `${clusters}/:cluster`,
      operation: "ManagedClusters_Get",
      type: managedClusters,
      right: on("read", clusterAt),
      handle: ({ params }) => json(shownCluster(foundCluster(store(), params), life)),
    },
  ];
}

function resetRoute({ store, updates }: Needs, monitors: Monitors): ArmRoute {
  return {
    method: "POST",
    path: `${clusters}/:cluster/resetServicePrincipalProfile`,
    operation: "ManagedClusters_ResetServicePrincipalProfile",
    type: managedClusters,
    right: on("resetServicePrincipalProfile/action", clusterAt),
    handle: (call) => {
      const body = bodyOf(call);
      const credential = { clientId: textAt(body, "clientId") ?? "", secret: textAt(body, "secret") ?? "" };
      const operation = updates.start(foundCluster(store(), call.params), credential, call.principal);
      return accepted(operation, monitors, call.apiVersion);
    },
  };
}

function poolRoutes({ store, life }: Needs): ArmRoute[] {
  const pools = `${clusters}/:cluster/agentPools`;
  return [
    {
      method: "GET",
      path: pools,
      operation: "AgentPools_List",
      type: managedClusters,
      right: on("agentPools/read", clusterAt),
      handle: ({ params }) => {
        const cluster = foundCluster(store(), params);
        return json({ value: cluster.pools.map((pool) => shownPool(cluster, pool, life)) });
      },
    },
    {
      method: "GET",
      path: `${pools}/:pool`,
      operation: "AgentPools_Get",
      type: managedClusters,
      right: on("agentPools/read", clusterAt),
      handle: ({ params }) => {
        const cluster = foundCluster(store(), params);
        return json(shownPool(cluster, foundPool(cluster, params), life));
      },
    },
  ];
}

function listed(store: ClusterStore, { subscription: id, group }: Params): Cluster[] {
  return [...store.all()]
    .filter(({ subscriptionId }) => subscriptionId === id?.toLowerCase())
    .filter(({ resourceGroup }) => group === undefined || resourceGroup.toLowerCase() === group.toLowerCase());
}
