import { documented, type Truths } from "../kit/truth.ts";

const shape = "every version answers in the shape of 2026-06-01; network, DNS and image names are constants";

export const aksTruths: Truths = {
  ManagedClusters_List: documented(shape),
  ManagedClusters_ListByResourceGroup: documented(shape),
  ManagedClusters_Get: documented(shape),
  ManagedClusters_CreateOrUpdate: documented(
    "of a cluster there is: tags, and count and power state of its pools; the rest of the body is not looked at",
  ),
  ManagedClusters_UpdateTags: documented("the tags given take the place of those before"),
  ManagedClusters_ResetServicePrincipalProfile: documented(
    "one operation at a time; as many nodes at once as the pool's maxSurge; can fail half way; no maintenance window",
  ),
  ManagedClusters_Stop: documented("as long as one node's re-image; the nodes keep their credential"),
  ManagedClusters_Start: documented(
    "as long as one node's re-image; the nodes come with the credential the cluster has",
  ),
  AgentPools_CreateOrUpdate: documented(
    "count and power state of a pool there is; the rest of the body is not looked at",
  ),
  AgentPools_UpgradeNodeImageVersion: documented("all nodes at once, as long as one node's re-image"),
  MaintenanceConfigurations_ListByManagedCluster: documented("as they were written"),
  MaintenanceConfigurations_Get: documented("as it was written"),
  MaintenanceConfigurations_CreateOrUpdate: documented("kept as it is; it holds nothing back that is asked for"),
  MaintenanceConfigurations_Delete: documented(),
  AgentPools_List: documented("the document of 2026-06-01 was not at hand; held against 2024-09-01"),
  AgentPools_Get: documented("the document of 2026-06-01 was not at hand; held against 2024-09-01"),
  Operations_Get: documented(),
  OperationResults_Get: documented("a failed operation is answered 400 with its error"),
};
