import { bodyOf, objectAt, textAt, type JsonObject } from "../armKit/body.ts";
import type { ArmCall, ArmRoute } from "../armKit/guard.ts";
import { Refusal } from "../armKit/refusal.ts";
import { json } from "../armKit/replies.ts";
import { managedClusters } from "../armKit/versions.ts";
import type { Life } from "../kit/life.ts";
import type { Monitors } from "./monitors.ts";
import { accepted } from "./operationRoutes.ts";
import { clusterAt, clusters, foundCluster, foundPool, on } from "./paths.ts";
import type { Cluster, ClusterStore, Pool } from "./store.ts";
import { etagOf, shownPool } from "./views.ts";
import type { ClusterWrites, PoolChange } from "./writes.ts";

/** What every write to a cluster needs. */
export interface WriteNeeds {
  readonly store: () => ClusterStore;
  readonly writes: ClusterWrites;
  readonly monitors: Monitors;
  readonly life: Life;
}

/** Agent pools that are changed, or get a new node image. */
export function poolWriteRoutes({ store, writes, monitors, life }: WriteNeeds): ArmRoute[] {
  const pool = `${clusters}/:cluster/agentPools/:pool`;
  return [
    {
      method: "PUT",
      path: pool,
      operation: "AgentPools_CreateOrUpdate",
      type: managedClusters,
      right: on("agentPools/write", clusterAt),
      policed: {
        type: "Microsoft.ContainerService/managedClusters/agentPools",
        current: (call) => shownPool(...poolOf(store(), call), life),
      },
      handle: (call) => {
        const [cluster, found] = poolOf(store(), call);
        refuseOther(call, cluster, found);
        const change = changeIn(objectAt(bodyOf(call), "properties") ?? {});
        const operation = writes.changePool(cluster, found, change, call.principal);
        return json(shownPool(cluster, found, life), 200, monitors.headers(operation, call.apiVersion));
      },
    },
    {
      method: "POST",
      path: `${pool}/upgradeNodeImageVersion`,
      operation: "AgentPools_UpgradeNodeImageVersion",
      type: managedClusters,
      right: on("agentPools/upgradeNodeImageVersion/action", clusterAt),
      handle: (call) => {
        const [cluster, found] = poolOf(store(), call);
        return accepted(writes.upgradePool(cluster, found, call.principal), monitors, call.apiVersion);
      },
    },
  ];
}

function poolOf(store: ClusterStore, { params }: ArmCall): readonly [Cluster, Pool] {
  const cluster = foundCluster(store, params);
  return [cluster, foundPool(cluster, params)];
}

/** `If-Match`: only what the caller has seen is changed. */
export function refuseOther(call: ArmCall, cluster: Cluster, pool?: Pool): void {
  const wanted = call.header("if-match");
  if (wanted === undefined || wanted === "*" || wanted.replaceAll('"', "") === etagOf(cluster, pool)) return;
  const what = pool ? `agent pool '${pool.name}'` : `managed cluster '${cluster.name}'`;
  throw new Refusal(
    "PreconditionFailed",
    `The resource has been modified: the etag '${wanted}' given in If-Match is not that of the ${what}.`,
  );
}

const mostNodes = 1000;

export function changeIn(properties: JsonObject): PoolChange {
  const { count } = properties;
  const isCount = typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= mostNodes;
  if (count !== undefined && !isCount)
    throw new Refusal(
      "InvalidParameter",
      `The value of parameter agentPoolProfile.count is invalid: 0 to ${mostNodes}.`,
    );
  const power = textAt(objectAt(properties, "powerState") ?? {}, "code");
  if (power !== undefined && power !== "Running" && power !== "Stopped")
    throw new Refusal("InvalidParameter", "The value of parameter agentPoolProfile.powerState.code is invalid.");
  return { count: isCount ? count : undefined, powerState: power };
}
