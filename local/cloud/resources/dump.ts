import type { NetworkRules } from "../acr/network.ts";
import type { Registry, RegistryStore } from "../acr/store.ts";
import type { Controllers } from "../aks/controllers.ts";
import type { ClusterStore } from "../aks/store.ts";
import type { Replicas } from "../consistency/replicas.ts";
import { definitionId } from "../rbac/views.ts";
import type { RoleStore } from "../rbac/store.ts";
import type { Catalog } from "../armKit/catalog.ts";
import { clusterDump } from "./control.ts";
import type { ArmDump } from "./side.ts";

interface Everything {
  readonly catalog: Catalog;
  readonly roles: RoleStore;
  readonly clusters: ClusterStore;
  readonly registries: RegistryStore;
  readonly registryHost: (name: string) => string;
  readonly controllers: Controllers;
  readonly networkOf: (registry: Registry) => NetworkRules;
  readonly replicas: Pick<Replicas, "knownAt">;
}

export function dumpOf({
  catalog,
  roles,
  clusters,
  registries,
  registryHost,
  controllers,
  networkOf,
  replicas,
}: Everything): Pick<ArmDump, "subscriptions" | "clusters" | "registries" | "roleAssignments"> {
  return {
    subscriptions: catalog.subscriptions,
    clusters: [...clusters.all()].map((cluster) => ({
      ...clusterDump(cluster, controllers),
      updates: updatesOf(cluster.id, clusters),
    })),
    registries: [...registries.all()].map((registry) => ({
      id: registry.id,
      tenantId: registry.tenantId,
      roleAssignmentMode: registry.roleAssignmentMode,
      loginServer: registryHost(registry.name),
      authenticationAsArm: registry.authenticationAsArm,
      repositories: registry.repositories.map((one) => one.name),
      network: networkDump(networkOf(registry)),
    })),
    roleAssignments: [...roles.all()].map((one) => ({
      id: one.id,
      tenantId: one.tenantId,
      scope: one.scope,
      principalId: one.principalId,
      principalType: one.principalType,
      roleName: roles.definition(one.roleId)?.roleName ?? one.roleId,
      roleDefinitionId: definitionId(one.roleId, one.scope),
      ...(one.condition && { condition: one.condition.text }),
      createdBy: one.createdBy,
      createdOn: one.createdAt,
      knownAt: new Date(
        replicas.knownAt("roleAssignment", one.id, Math.max(one.settledAt, Date.parse(one.updatedAt))),
      ).toISOString(),
    })),
  };
}

function networkDump({ publicNetworkAccess, defaultAction, ipRules, privateEndpoints }: NetworkRules): NetworkRules {
  return { publicNetworkAccess, defaultAction, ipRules, privateEndpoints };
}

function updatesOf(clusterId: string, { operations }: ClusterStore): ArmDump["clusters"][number]["updates"] {
  return [...operations.values()]
    .filter((one) => one.clusterId === clusterId)
    .map(({ status, startedAt, endedAt }) => ({
      status,
      startedAt: new Date(startedAt).toISOString(),
      ...(endedAt !== undefined && { endedAt: new Date(endedAt).toISOString() }),
    }));
}
