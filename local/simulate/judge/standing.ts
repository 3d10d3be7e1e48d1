import type { Dump, Evidence } from "./evidence.ts";
import { isWithin, same } from "./names.ts";

/** Why something that stands in the world at the end refuses a link; undefined where nothing does. */
export function standingRefusal(
  asked: { readonly cluster: string; readonly registry: string },
  { dump, automation }: Pick<Evidence, "dump" | "automation">,
): string | undefined {
  return clusterRefuses(asked.cluster, dump, automation) ?? registryRefuses(asked.registry, dump, automation);
}

function clusterRefuses(clusterId: string, dump: Dump, automation: string): string | undefined {
  const cluster = dump.arm.clusters.find(({ id }) => same(id, clusterId));
  if (!cluster) return "there is no such cluster";
  if (cluster.clientId === "msi") return "the cluster has a managed identity";
  if (cluster.powerState !== "Running") return `the cluster is ${cluster.powerState}`;
  if (cluster.provisioningState !== "Succeeded") return `the cluster is ${cluster.provisioningState}`;
  const unwell = cluster.pools.find(({ provisioningState }) => provisioningState !== "Succeeded");
  if (unwell) return `the pool ${unwell.name} is ${unwell.provisioningState}`;
  const roles = rolesAt(clusterId, cluster.tenantId, dump, automation);
  return roles.some((role) => mayUpdateClusters.has(role)) ? undefined : "we have no right to update the cluster";
}

function registryRefuses(registryId: string, dump: Dump, automation: string): string | undefined {
  const registry = dump.arm.registries.find(({ id }) => same(id, registryId));
  if (!registry) return "there is no such registry";
  const roles = rolesAt(registryId, registry.tenantId, dump, automation);
  return roles.some((role) => mayAssignRoles.has(role))
    ? undefined
    : "we have no right to assign roles at the registry";
}

const mayUpdateClusters = new Set(["Crosspull Cluster Operator", "Contributor", "Owner"]);
const mayAssignRoles = new Set(["Role Based Access Control Administrator", "User Access Administrator", "Owner"]);

/** Roles that the app itself has at a resource or above it. */
function rolesAt(resourceId: string, tenantId: string, { entra, arm }: Dump, automation: string): readonly string[] {
  const us = entra.tenants
    .find(({ id }) => id === tenantId)
    ?.servicePrincipals.find(({ appId }) => appId === automation);
  return arm.roleAssignments
    .filter(({ principalId, scope }) => principalId === us?.id && isWithin(resourceId, scope))
    .map(({ roleName }) => roleName);
}
