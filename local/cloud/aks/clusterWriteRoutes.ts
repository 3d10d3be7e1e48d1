import { bodyOf, isObject, objectAt, textAt, type JsonObject } from "../armKit/body.ts";
import type { ArmCall, ArmRoute } from "../armKit/guard.ts";
import { Refusal } from "../armKit/refusal.ts";
import { json } from "../armKit/replies.ts";
import { managedClusters } from "../armKit/versions.ts";
import type { Reply } from "../kit/contract.ts";
import { clusterAt, clusters, foundCluster, on } from "./paths.ts";
import { changeIn, refuseOther, type WriteNeeds } from "./poolWriteRoutes.ts";
import type { Cluster } from "./store.ts";
import { shownCluster } from "./views.ts";
import type { ClusterChange } from "./writes.ts";

/** The cluster itself: the whole of it, as clients send back what they read, or its tags alone. */
export function clusterWriteRoutes(needs: WriteNeeds): ArmRoute[] {
  const { store, life } = needs;
  const policed = {
    type: "Microsoft.ContainerService/managedClusters",
    current: ({ params }: ArmCall) => shownCluster(foundCluster(store(), params), life),
  };
  return [
    {
      method: "PUT",
      path: `${clusters}/:cluster`,
      operation: "ManagedClusters_CreateOrUpdate",
      type: managedClusters,
      right: on("write", clusterAt),
      policed,
      handle: (call) => changed(needs, call, (cluster, body) => wholeIn(cluster, body)),
    },
    {
      method: "PATCH",
      path: `${clusters}/:cluster`,
      operation: "ManagedClusters_UpdateTags",
      type: managedClusters,
      right: on("write", clusterAt),
      policed,
      handle: (call) => changed(needs, call, (_cluster, body) => ({ tags: tagsIn(body), pools: [] })),
    },
  ];
}

function changed(
  { store, writes, monitors, life }: WriteNeeds,
  call: ArmCall,
  changeOf: (cluster: Cluster, body: JsonObject) => ClusterChange,
): Reply {
  const cluster = foundCluster(store(), call.params);
  refuseOther(call, cluster);
  const operation = writes.changeCluster(cluster, changeOf(cluster, bodyOf(call)), call.principal);
  return json(shownCluster(cluster, life), 200, monitors.headers(operation, call.apiVersion));
}

/** Of the whole body tags and pools count; what may not change is refused where it is another. */
function wholeIn(cluster: Cluster, body: JsonObject): ClusterChange {
  const properties = objectAt(body, "properties") ?? {};
  const location = textAt(body, "location");
  if (location === undefined)
    throw new Refusal("InvalidRequestContent", "The 'location' property is required for this definition.");
  const clientId = textAt(objectAt(properties, "servicePrincipalProfile") ?? {}, "clientId");
  refuseChange("location", location, cluster.location);
  refuseChange("properties.servicePrincipalProfile.clientId", clientId, cluster.credential?.clientId ?? "msi");
  refuseChange("properties.nodeResourceGroup", textAt(properties, "nodeResourceGroup"), cluster.nodeResourceGroup);
  const profiles: unknown = properties["agentPoolProfiles"];
  const listed = Array.isArray(profiles) ? (profiles as readonly unknown[]).filter(isObject) : [];
  const pools = cluster.pools.flatMap((pool) => {
    const given = listed.find((one) => textAt(one, "name")?.toLowerCase() === pool.name);
    return given ? [{ pool, wanted: changeIn(given) }] : [];
  });
  return { tags: tagsIn(body), pools };
}

function refuseChange(name: string, wanted: string | undefined, actual: string): void {
  if (wanted === undefined || wanted.toLowerCase() === actual.toLowerCase()) return;
  throw new Refusal("PropertyChangeNotAllowed", `Changing property '${name}' is not allowed.`, { target: name });
}

function tagsIn(body: JsonObject): Readonly<Record<string, string>> | undefined {
  const tags = objectAt(body, "tags");
  return tags && Object.fromEntries(Object.entries(tags).map(([name, value]) => [name, String(value)]));
}
