import type { ContainerServiceClient } from "@azure/arm-containerservice";
import type { AksSchedule } from "../domain/aksSchedule.ts";
import type { Known } from "../domain/facts.ts";
import { scheduleOf } from "./aksSchedules.ts";
import { armOptions, clientKey, connectArm, readClientKey, readRefusal } from "./arm.ts";
import { asking } from "./asking.ts";
import type { Clusters } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import { clusterFacts } from "./clusterFacts.ts";
import type { Credentials } from "./credentials.ts";
import { unknownBy } from "./errors.ts";
import { lazyPer } from "./lazy.ts";
import { addressOf } from "./operation.ts";
import type { AskRest } from "./rest.ts";
import { lostBy, progressOf, startRefusal } from "./updates.ts";

type Schedules = Known<readonly AksSchedule[]>;
type Clients = (key: string) => Promise<ContainerServiceClient>;

export function connectClusters(cloud: Cloud, credentials: Credentials): Clusters {
  const clients: Clients = lazyPer(async (key) => {
    const { ContainerServiceClient } = await import("@azure/arm-containerservice");
    const { tenantId, subscriptionId } = readClientKey(key);
    const options = armOptions(cloud, cloud.aksApiVersion);
    return new ContainerServiceClient(await credentials.credentialFor(tenantId), subscriptionId, options);
  });
  return { ...reading(clients), ...updating(clients, connectArm(cloud, credentials), cloud) };
}

function reading(clients: Clients): Pick<Clusters, "get" | "schedules"> {
  return {
    schedules: (cluster) =>
      asking<Schedules, Schedules>(
        { what: `read the maintenance configurations of ${cluster.id}`, repeatable: true },
        async (abortSignal) => {
          const { maintenanceConfigurations: all } = await clients(clientKey(cluster));
          const found: AksSchedule[] = [];
          for await (const one of all.listByManagedCluster(cluster.resourceGroup, cluster.name, { abortSignal }))
            found.push(...[scheduleOf(one)].filter((schedule) => schedule !== undefined));
          return { outcome: "known", value: found };
        },
        unknownBy,
      ),
    get: (cluster) =>
      asking(
        { what: `read the cluster ${cluster.id}`, repeatable: true },
        async (abortSignal) => {
          const { managedClusters } = await clients(clientKey(cluster));
          return clusterFacts(
            await managedClusters.get(cluster.resourceGroup, cluster.name, { abortSignal }),
            cluster.id,
          );
        },
        readRefusal,
      ),
  };
}

function updating(
  clients: Clients,
  askArm: AskRest,
  { armUrl }: Cloud,
): Pick<Clusters, "setServicePrincipal" | "followUpdate"> {
  return {
    setServicePrincipal: (cluster, clientId, secret) =>
      asking(
        { what: `set the service principal of ${cluster.id}`, secrets: [secret], repeatable: false },
        async (abortSignal) => {
          const { managedClusters } = await clients(clientKey(cluster));
          const credential = { clientId, secret: secret.reveal() };
          const { resourceGroup, name } = cluster;
          const poller = managedClusters.resetServicePrincipalProfile(resourceGroup, name, credential, { abortSignal });
          await poller.submitted();
          const operation = await poller.serialize();
          addressOf(operation, cluster, armUrl, secret);
          return { outcome: "started", operation };
        },
        startRefusal,
      ),

    async followUpdate(cluster, operation) {
      const address = addressOf(operation, cluster, armUrl);
      if (!address) return { outcome: "succeeded" };
      return asking(
        { what: `follow the update of ${cluster.id}`, repeatable: true },
        async (signal) => progressOf(await askArm(cluster.tenantId, { method: "GET", to: address.href, signal })),
        lostBy,
      );
    },
  };
}
