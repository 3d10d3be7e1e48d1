import type { ContainerServiceClient, ManagedCluster } from "@azure/arm-containerservice";
import { armOptions, clientKey, readClientKey, readRefusal } from "./arm.ts";
import type { ClusterFacts, Clusters, UpdateProgress, UpdateStarted } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { aadstsIn, failureOf, lasting, refused, unexpected, without, type Failure } from "./errors.ts";
import { lazy, lazyPer } from "./lazy.ts";
import { checkOperation } from "./operation.ts";

const aksPackage = lazy(() => import("@azure/arm-containerservice"));
type Clients = (key: string) => Promise<ContainerServiceClient>;

export function connectClusters(cloud: Cloud, credentials: Credentials): Clusters {
  const clients = lazyPer(async (key) => {
    const { ContainerServiceClient } = await aksPackage();
    const { tenantId, subscriptionId } = readClientKey(key);
    return new ContainerServiceClient(await credentials.credentialFor(tenantId), subscriptionId, armOptions(cloud));
  });
  return { ...reading(clients), ...updating(clients, cloud) };
}

function reading(clients: Clients): Pick<Clusters, "get"> {
  return {
    async get(cluster) {
      const what = `read the cluster ${cluster.id}`;
      try {
        const client = await clients(clientKey(cluster));
        return factsOf(await client.managedClusters.get(cluster.resourceGroup, cluster.name), cluster.id);
      } catch (error) {
        const failure = lasting(error, what);
        const answer = readRefusal(failure);
        if (answer) return answer;
        throw unexpected(failure, what);
      }
    },
  };
}

function factsOf(cluster: ManagedCluster, id: string): ClusterFacts {
  return {
    outcome: "found",
    id: cluster.id ?? id,
    location: cluster.location,
    provisioningState: cluster.provisioningState ?? "",
    powerState: cluster.powerState?.code ?? "",
    clientId: cluster.servicePrincipalProfile?.clientId ?? "msi",
    nodeResourceGroup: cluster.nodeResourceGroup ?? "",
    pools: (cluster.agentPoolProfiles ?? []).map(({ name, provisioningState, count }) => ({
      name,
      provisioningState: provisioningState ?? "",
      nodes: count ?? 0,
    })),
  };
}

function updating(clients: Clients, cloud: Cloud): Pick<Clusters, "setServicePrincipal" | "followUpdate"> {
  return {
    async setServicePrincipal(cluster, clientId, secret) {
      const what = `set the service principal of ${cluster.id}`;
      let operation;
      try {
        const { managedClusters } = await clients(clientKey(cluster));
        const credential = { clientId, secret: secret.reveal() };
        const poller = managedClusters.resetServicePrincipalProfile(cluster.resourceGroup, cluster.name, credential);
        await poller.submitted();
        operation = await poller.serialize();
      } catch (error) {
        return startRefusal(without(secret, lasting(error, what)), what);
      }
      checkOperation(operation, cluster, cloud.armUrl, secret);
      return { outcome: "started", operation };
    },

    async followUpdate(cluster, operation) {
      checkOperation(operation, cluster, cloud.armUrl);
      const [client, { restorePoller }] = await Promise.all([clients(clientKey(cluster)), aksPackage()]);
      const poller = restorePoller(client, operation, client.managedClusters.resetServicePrincipalProfile);
      try {
        const { status } = await poller.poll();
        return { outcome: status === "succeeded" ? "succeeded" : "running" };
      } catch (error) {
        return pollRefusal(error, `follow the update of ${cluster.id}`);
      }
    },
  };
}

function startRefusal(failure: Failure, what: string): UpdateStarted {
  const { status, detail } = failure;
  // A stopped cluster answers 409 as a busy one does, but waiting does not start it.
  if (status === 409) return refused(/\bstopped\b|power state/i.test(detail) ? "refused" : "busy", failure);
  const aadsts = aadstsIn(detail);
  if (status === 400 && aadsts) return refused("credentialRefused", { ...failure, code: aadsts });
  if (status >= 400) return refused("refused", failure);
  throw unexpected(failure, what);
}

/** The poller throws both when a look failed and when the operation did; only the first has an HTTP status. */
function pollRefusal(error: unknown, what: string): UpdateProgress {
  const { status, detail } = failureOf(error);
  if (status !== -1) return refused("failed", lasting(error, what));
  const [, code = "OperationFailed", sentence = ""] = /has failed\.\s*(\w+)\.\s*(.*)/s.exec(detail) ?? [];
  return { outcome: "failed", code, detail: sentence || detail };
}
