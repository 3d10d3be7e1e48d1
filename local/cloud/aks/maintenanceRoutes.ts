import { bodyOf, objectAt, type JsonObject } from "../armKit/body.ts";
import type { ArmCall, ArmRoute } from "../armKit/guard.ts";
import { Refusal } from "../armKit/refusal.ts";
import { json } from "../armKit/replies.ts";
import { managedClusters } from "../armKit/versions.ts";
import { clusterAt, clusters, foundCluster, on } from "./paths.ts";
import type { Cluster, ClusterStore } from "./store.ts";

/** When AKS itself may touch a cluster: kept as it is written, and holding nothing back that is asked for. */
export function maintenanceRoutes(store: () => ClusterStore): ArmRoute[] {
  const all = `${clusters}/:cluster/maintenanceConfigurations`;
  const one = `${all}/:configuration`;
  const right = (action: "read" | "write" | "delete") => on(`maintenanceConfigurations/${action}`, clusterAt);
  const clusterOf = ({ params }: ArmCall): Cluster => foundCluster(store(), params);
  return [
    {
      method: "GET",
      path: all,
      operation: "MaintenanceConfigurations_ListByManagedCluster",
      type: managedClusters,
      right: right("read"),
      handle: (call) => {
        const cluster = clusterOf(call);
        return json({ value: [...cluster.maintenance].map(([name, properties]) => shown(cluster, name, properties)) });
      },
    },
    {
      method: "GET",
      path: one,
      operation: "MaintenanceConfigurations_Get",
      type: managedClusters,
      right: right("read"),
      handle: (call) => {
        const [cluster, name] = [clusterOf(call), nameOf(call)];
        const properties = cluster.maintenance.get(name);
        if (properties) return json(shown(cluster, name, properties));
        throw new Refusal("NotFound", `Could not find the maintenance configuration ${name}.`);
      },
    },
    {
      method: "PUT",
      path: one,
      operation: "MaintenanceConfigurations_CreateOrUpdate",
      type: managedClusters,
      right: right("write"),
      handle: (call) => {
        const [cluster, name] = [clusterOf(call), nameOf(call)];
        const properties = objectAt(bodyOf(call), "properties") ?? {};
        cluster.maintenance.set(name, properties);
        return json(shown(cluster, name, properties));
      },
    },
    {
      method: "DELETE",
      path: one,
      operation: "MaintenanceConfigurations_Delete",
      type: managedClusters,
      right: right("delete"),
      handle: (call) => ({ status: clusterOf(call).maintenance.delete(nameOf(call)) ? 200 : 204 }),
    },
  ];
}

function nameOf({ params }: ArmCall): string {
  return params["configuration"] ?? "";
}

function shown({ id }: Cluster, name: string, properties: JsonObject) {
  return {
    id: `${id}/maintenanceConfigurations/${name}`,
    name,
    type: "Microsoft.ContainerService/managedClusters/maintenanceConfigurations",
    properties,
  };
}
