import { createHash } from "node:crypto";
import type { Life } from "../kit/life.ts";
import type { Cluster, Operation, Pool } from "./store.ts";
import { isAutoscaling, mostAutoscaled } from "./autoscaler.ts";

/** As `Microsoft.ContainerService/managedClusters` shows a cluster; never with its secret. */
export function shownCluster(cluster: Cluster, life?: Life): object {
  const { id, name, location, managedIdentity, tenantId, tags } = cluster;
  return {
    id,
    location,
    name,
    type: "Microsoft.ContainerService/ManagedClusters",
    tags,
    properties: propertiesOf(cluster, life),
    identity: managedIdentity ? { type: "SystemAssigned", principalId: managedIdentity, tenantId } : undefined,
    sku: { name: "Base", tier: "Standard" },
    eTag: etagOf(cluster),
  };
}

function propertiesOf(cluster: Cluster, life?: Life): object {
  const { name, location, kubernetesVersion, nodeResourceGroup, pools } = cluster;
  const dns = `${name}-dns-${createHash("sha256").update(cluster.id).digest("hex").slice(0, 8)}`;
  return {
    provisioningState: cluster.provisioningState,
    powerState: { code: cluster.powerState },
    kubernetesVersion,
    currentKubernetesVersion: kubernetesVersion,
    dnsPrefix: `${name}-dns`,
    fqdn: `${dns}.hcp.${location}.azmk8s.io`,
    azurePortalFQDN: `${dns}.portal.hcp.${location}.azmk8s.io`,
    agentPoolProfiles: pools.map((pool) => ({ name: pool.name, ...poolProperties(cluster, pool, life) })),
    servicePrincipalProfile: { clientId: cluster.credential?.clientId ?? "msi" },
    ...(cluster.kubeletIdentity && { identityProfile: { kubeletidentity: cluster.kubeletIdentity } }),
    nodeResourceGroup,
    enableRBAC: true,
    ...(cluster.privateDnsZone !== undefined && {
      apiServerAccessProfile: { enablePrivateCluster: true, privateDNSZone: cluster.privateDnsZone },
    }),
    ...(cluster.diskEncryptionSets[0] !== undefined && { diskEncryptionSetID: cluster.diskEncryptionSets[0] }),
    supportPlan: "KubernetesOfficial",
    networkProfile: networkOf(),
    maxAgentPools: 100,
    autoUpgradeProfile: { nodeOSUpgradeChannel: "NodeImage" },
    disableLocalAccounts: false,
    oidcIssuerProfile: { enabled: false },
    storageProfile: {
      diskCSIDriver: { enabled: true },
      fileCSIDriver: { enabled: true },
      snapshotController: { enabled: true },
    },
    resourceUID: stableGuid(cluster.id).replaceAll("-", ""),
  };
}

function networkOf(): object {
  return {
    networkPlugin: "azure",
    networkPluginMode: "overlay",
    networkDataplane: "azure",
    loadBalancerSku: "standard",
    outboundType: "loadBalancer",
    podCidr: "10.244.0.0/16",
    serviceCidr: "10.0.0.0/16",
    dnsServiceIP: "10.0.0.10",
    podCidrs: ["10.244.0.0/16"],
    serviceCidrs: ["10.0.0.0/16"],
    ipFamilies: ["IPv4"],
  };
}

export function shownPool(cluster: Cluster, pool: Pool, life?: Life): object {
  return {
    id: `${cluster.id}/agentPools/${pool.name}`,
    name: pool.name,
    type: "Microsoft.ContainerService/managedClusters/agentPools",
    properties: poolProperties(cluster, pool, life),
  };
}

function poolProperties(cluster: Cluster, pool: Pool, life?: Life): object {
  const { kubernetesVersion } = cluster;
  const nodes = pool.nodes.filter(({ isSurge }) => !isSurge);
  const scales = pool.autoscaled > 0 || (life !== undefined && isAutoscaling(pool, life));
  return {
    eTag: etagOf(cluster, pool),
    count: nodes.length,
    vmSize: pool.vmSize,
    osDiskSizeGB: 128,
    osDiskType: "Managed",
    kubeletDiskType: "OS",
    maxPods: 110,
    type: pool.type,
    enableAutoScaling: scales,
    ...(scales && {
      minCount: nodes.length - pool.autoscaled,
      maxCount: nodes.length - pool.autoscaled + mostAutoscaled,
    }),
    provisioningState: pool.provisioningState,
    powerState: { code: pool.powerState },
    orchestratorVersion: kubernetesVersion,
    currentOrchestratorVersion: kubernetesVersion,
    enableNodePublicIP: false,
    mode: pool.mode,
    osType: "Linux",
    osSKU: "Ubuntu",
    nodeImageVersion: pool.nodeImage,
    ...(pool.priority === "Spot" && { scaleSetPriority: "Spot", scaleSetEvictionPolicy: "Delete" }),
    upgradeSettings: { maxSurge: String(pool.maxSurge) },
    ...(pool.subnetId !== undefined && { vnetSubnetID: pool.subnetId }),
  };
}

/** Says nothing about the operation itself: it comes while that is under way, and with its success. Source: recording test_aks_stop_and_start.yaml of the Azure CLI */
const notLatest = {
  code: "NotLatestOperation",
  message: "Cannot get error details because the operation is not the latest operation.",
};

/** A status monitor's answer. Source: the resource provider contract's asynchronous operations. */
export function shownOperation(operation: Operation, isNotLatest: boolean): object {
  const { id, subscriptionId, location, status, startedAt, endedAt, percentComplete, error } = operation;
  return {
    id: `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerService/locations/${location}/operations/${id}`,
    name: id,
    status,
    startTime: new Date(startedAt).toISOString(),
    percentComplete,
    ...(endedAt !== undefined && { endTime: new Date(endedAt).toISOString() }),
    ...(error && { error }),
    ...(isNotLatest && !error && { error: notLatest }),
  };
}

/** Of the cluster, or of one of its pools. */
export function etagOf({ id, revision }: Cluster, pool?: Pool): string {
  return stableGuid([id, ...(pool ? [pool.name] : []), revision].join("/"));
}

function stableGuid(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}
