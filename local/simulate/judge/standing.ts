import type { Dump, Evidence } from "./evidence.ts";
import { forbids } from "./governs.ts";
import { isWithin, same } from "./names.ts";
import { admits } from "./network.ts";

interface Sides {
  readonly cluster: string;
  readonly registry: string;
}

/** Why something that stands in the world at the end refuses a link; undefined where nothing does. */
export function standingRefusal(
  sides: Sides,
  { dump, automation }: Pick<Evidence, "dump" | "automation">,
): string | undefined {
  return (
    clusterRefuses(sides.cluster, dump, automation) ??
    registryRefuses(sides.registry, dump, automation) ??
    networkRefuses(sides, dump) ??
    homeRefuses(sides.cluster, dump, automation)
  );
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
  if (!roles.some((role) => mayUpdateClusters.has(role))) return "the app has no right to update the cluster";
  return forbids(dump, clusterId);
}

function registryRefuses(registryId: string, dump: Dump, automation: string): string | undefined {
  const registry = dump.arm.registries.find(({ id }) => same(id, registryId));
  if (!registry) return "there is no such registry";
  const roles = rolesAt(registryId, registry.tenantId, dump, automation);
  if (!roles.some((role) => mayAssignRoles.has(role))) return "the app has no right to assign roles at the registry";
  return forbids(dump, registryId);
}

/** A registry that does not let the nodes in, or not the app, which then can prove nothing. */
function networkRefuses(sides: Sides, dump: Dump): string | undefined {
  const registry = dump.arm.registries.find(({ id }) => same(id, sides.registry));
  if (nodesAreKeptOut(sides, dump)) return "the network keeps the cluster's nodes from the registry";
  const isAdmitted = !registry || admits(registry.network, dump.arm.callerAddress);
  return isAdmitted ? undefined : "the registry does not admit the app";
}

/** By the registry's rules, or by the cluster's own way out, which does not reach the host of the blobs. */
export function nodesAreKeptOut({ cluster: clusterId, registry: registryId }: Sides, { arm }: Dump): boolean {
  const cluster = arm.clusters.find(({ id }) => same(id, clusterId));
  const registry = arm.registries.find(({ id }) => same(id, registryId));
  if (arm.clustersWithoutBlobs.some((id) => same(id, clusterId))) return true;
  return cluster !== undefined && registry !== undefined && !admits(registry.network, cluster.egressAddress);
}

/** What the cluster lives on must be carried over first: every role that its credential of now has, wherever that is. */
function homeRefuses(clusterId: string, dump: Dump, automation: string): string | undefined {
  const cluster = dump.arm.clusters.find(({ id }) => same(id, clusterId));
  const tenant = dump.entra.tenants.find(({ id }) => id === cluster?.tenantId);
  const held = tenant?.servicePrincipals.filter(({ appId }) => same(appId, cluster?.clientId ?? "")) ?? [];
  const scopes = dump.arm.roleAssignments.filter(({ principalId }) => held.some(({ id }) => id === principalId));
  for (const { scope } of scopes) {
    const roles = rolesAt(scope, cluster?.tenantId ?? "", dump, automation);
    if (!roles.some((role) => mayAssignRoles.has(role))) return `the app has no right to assign roles at ${scope}`;
    const reason = forbids(dump, scope) ?? keepsAppOut(scope, dump);
    if (reason !== undefined) return `${reason}, where the cluster has a role: ${scope}`;
  }
  return undefined;
}

/** A registry of the cluster's own company, which has to be proved to let the new credential pull. */
function keepsAppOut(scope: string, { arm }: Dump): string | undefined {
  const registry = arm.registries.find(({ id }) => same(id, scope));
  return registry && !admits(registry.network, arm.callerAddress) ? "the registry does not admit the app" : undefined;
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
