import type { RegistryStore } from "../acr/store.ts";
import type { Controllers } from "../aks/controllers.ts";
import type { ClusterStore } from "../aks/store.ts";
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
}

export function dumpOf({
  catalog,
  roles,
  clusters,
  registries,
  registryHost,
  controllers,
}: Everything): Pick<ArmDump, "subscriptions" | "clusters" | "registries" | "roleAssignments"> {
  return {
    subscriptions: catalog.subscriptions,
    clusters: [...clusters.all()].map((cluster) => clusterDump(cluster, controllers)),
    registries: [...registries.all()].map(({ id, name, tenantId, roleAssignmentMode, ...registry }) => ({
      id,
      tenantId,
      roleAssignmentMode,
      loginServer: registryHost(name),
      authenticationAsArm: registry.authenticationAsArm,
      repositories: registry.repositories.map((one) => one.name),
    })),
    roleAssignments: [...roles.all()].map(({ id, tenantId, scope, roleId, principalId, ...assignment }) => ({
      id,
      tenantId,
      scope,
      principalId,
      principalType: assignment.principalType,
      roleName: roles.definition(roleId)?.roleName ?? roleId,
      roleDefinitionId: definitionId(roleId, scope),
      ...(assignment.condition && { condition: assignment.condition.text }),
      createdBy: assignment.createdBy,
    })),
  };
}
