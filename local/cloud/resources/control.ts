import { z } from "zod";
import type { Controllers } from "../aks/controllers.ts";
import { failures } from "../aks/fate.ts";
import { nodeGroupOf } from "../aks/paths.ts";
import type { Cluster, ClusterStore } from "../aks/store.ts";
import type { CredentialUpdates } from "../aks/updates.ts";
import { problem, withBody } from "../kit/answers.ts";
import type { Call, Reply, Route } from "../kit/contract.ts";
import { fingerprint } from "../kit/fingerprint.ts";
import type { ClusterDump } from "./side.ts";

interface Needs {
  readonly clusters: () => ClusterStore;
  readonly updates: CredentialUpdates;
  readonly controllers: Controllers;
}

const clusterId = z.string().min(1);
const failSchema = z.strictObject({
  clusterId,
  afterNodes: z.int().min(0),
  failure: z.enum(failures).default("ReconcileVMSSAgentPoolFailed"),
});
const states = [
  "Succeeded",
  "Failed",
  "Updating",
  "Upgrading",
  "Creating",
  "Canceled",
  "Stopping",
  "Starting",
] as const;
const stateSchema = z.strictObject({
  clusterId,
  powerState: z.enum(["Running", "Stopped"]).optional(),
  /** Of the cluster and of every pool. */
  provisioningState: z.enum(states).optional(),
});

/** What the control service offers for clusters. */
export function controlRoutes({ clusters, updates, controllers }: Needs): Route[] {
  const withCluster = <Body extends { clusterId: string }>(
    call: Call,
    schema: z.ZodType<Body>,
    then: (cluster: Cluster, body: Body) => Reply,
  ): Reply =>
    withBody(call, schema, (body) => {
      const cluster = clusters().get(body.clusterId);
      return cluster ? then(cluster, body) : problem(404, `no cluster ${body.clusterId}`);
    });
  return [
    {
      method: "POST",
      path: "/control/clusters/fail-next-update",
      operation: "FailNextUpdate",
      handle: (call) =>
        withCluster(call, failSchema, ({ id }, { afterNodes, failure }) => {
          updates.failNext(id, afterNodes, failure);
          return { status: 204 };
        }),
    },
    {
      method: "PATCH",
      path: "/control/clusters",
      operation: "SetClusterState",
      handle: (call) =>
        withCluster(call, stateSchema, (cluster, given) => {
          setState(cluster, given);
          return { status: 200, body: clusterDump(cluster, controllers) };
        }),
    },
  ];
}

function setState(cluster: Cluster, { powerState, provisioningState }: z.output<typeof stateSchema>): void {
  cluster.revision += 1;
  if (powerState) cluster.powerState = powerState;
  if (provisioningState) cluster.provisioningState = provisioningState;
  for (const pool of cluster.pools) {
    if (powerState) pool.powerState = powerState;
    if (provisioningState) pool.provisioningState = provisioningState;
  }
}

/** No secrets: of each only a fingerprint. */
export function clusterDump(cluster: Cluster, controllers: Controllers): ClusterDump {
  const { id, tenantId, powerState, provisioningState, credential } = cluster;
  const clientId = credential?.clientId ?? "msi";
  return {
    id,
    tenantId,
    powerState,
    provisioningState,
    clientId,
    egressAddress: cluster.egressAddress,
    nodeResourceGroup: nodeGroupOf(cluster),
    pulls: cluster.pulls,
    nodes: cluster.pools
      .flatMap((pool) => pool.nodes.map((node) => ({ node, pool })))
      .map(({ node, pool }) => ({
        name: node.name,
        pool: pool.name,
        runs: cluster.powerState === "Running" && pool.powerState === "Running",
        cordoned: node.cordoned,
        surge: node.isSurge,
        clientId: node.credential?.clientId ?? "msi",
        secretFingerprint: node.credential ? fingerprint(node.credential.secret) : "",
      })),
    controllers: controllers.of(cluster),
    pools: cluster.pools.map((pool) => ({
      name: pool.name,
      powerState: pool.powerState,
      provisioningState: pool.provisioningState,
    })),
  };
}
