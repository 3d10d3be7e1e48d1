import type { NetworkRules } from "../acr/network.ts";
import type { Registry, RegistryStore } from "../acr/store.ts";
import { shownRegistry } from "../acr/views.ts";
import type { Cluster, ClusterStore } from "../aks/store.ts";
import { shownCluster } from "../aks/views.ts";
import type { Catalog, Subscription } from "../armKit/catalog.ts";
import { managementGroupPath, type Hierarchy, type ManagementGroup } from "../armKit/hierarchy.ts";
import { resourceGroupOf, subscriptionOf, tidyScope } from "../armKit/scope.ts";
import type { RoleDefinition } from "../rbac/builtInRoles.ts";
import type { RoleAssignment, RoleStore } from "../rbac/store.ts";
import { definitionId } from "../rbac/views.ts";
import type { VaultResource, VaultStore } from "../vault/resource.ts";
import { shownVault } from "../vault/views.ts";
import { textOf, type Row, type Value } from "./values.ts";

/** What Resource Graph tells of. */
export interface RowSources {
  readonly catalog: Catalog;
  readonly clusters: () => ClusterStore;
  readonly registries: () => RegistryStore;
  readonly roles: () => RoleStore;
  readonly vaults: VaultStore;
  readonly vaultUrl: (vault: VaultResource) => string;
  readonly registryHost: (name: string) => string;
  readonly networkOf: (registry: Registry) => NetworkRules;
  readonly hierarchy: Hierarchy;
  readonly managementGroups: readonly ManagementGroup[];
}

/** Resource Graph reads each provider with its latest stable version. */
const registryVersion = "2025-11-01";

export const columns = [
  ...["id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy"],
  ...["sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation"],
] as const;

export function resourceRows(sources: RowSources): readonly Row[] {
  const { clusters, registries, vaults } = sources;
  return [
    ...[...clusters().all()].map(clusterRow),
    ...[...registries().all()].map((registry) => registryRow(registry, sources)),
    ...vaults.all().map((vault) => vaultRow(vault, sources)),
  ];
}

/** Subscriptions, resource groups and management groups. */
export function containerRows({ catalog, managementGroups, hierarchy }: RowSources): readonly Row[] {
  const groups = catalog.subscriptions.flatMap(({ id, tenantId }) =>
    catalog.groups(id).map(({ name, location }) => {
      const type = "microsoft.resources/subscriptions/resourcegroups";
      const properties = { provisioningState: "Succeeded" };
      return rowOf({ id: `/subscriptions/${id}/resourceGroups/${name}`, name, type, location, properties }, tenantId);
    }),
  );
  const above = managementGroups.map(({ id, parent }) => {
    const at = `${managementGroupPath}/${id}`;
    const type = "microsoft.management/managementgroups";
    const details = {
      parent: { id: parent === undefined || parent === null ? "" : `${managementGroupPath}/${parent}` },
    };
    return rowOf({ id: at, name: id, type, properties: { displayName: id, details } }, hierarchy.tenantOf(at) ?? "");
  });
  return [...catalog.subscriptions.map(subscriptionRow), ...groups, ...above];
}

export function authorizationRows({ roles }: RowSources, tenantId: string): readonly Row[] {
  return [
    ...[...roles().all()].map(assignmentRow),
    ...roles()
      .definitions()
      .map((definition) => definitionRow(definition, tenantId)),
  ];
}

/** The row of one resource or role assignment; undefined where there is none of that id. */
export function rowFor(id: string, sources: RowSources): Row | undefined {
  const cluster = sources.clusters().get(id);
  if (cluster) return clusterRow(cluster);
  const registry = sources.registries().get(id);
  if (registry) return registryRow(registry, sources);
  const vault = sources.vaults.get(id);
  if (vault) return vaultRow(vault, sources);
  const [, scope, name] = /^(.*)\/providers\/Microsoft\.Authorization\/roleAssignments\/([^/]+)$/i.exec(id) ?? [];
  const tenantId = scope === undefined ? undefined : sources.hierarchy.tenantOf(tidyScope(scope));
  const found = tenantId !== undefined && name !== undefined && sources.roles().named(tenantId, name);
  return found ? assignmentRow(found) : undefined;
}

function clusterRow(cluster: Cluster): Row {
  return rowOf(shownCluster(cluster), cluster.tenantId);
}

function registryRow(registry: Registry, { registryHost, networkOf }: RowSources): Row {
  const shown = { loginServer: registryHost(registry.name), network: networkOf(registry), version: registryVersion };
  return rowOf(shownRegistry(registry, shown), registry.tenantId);
}

function vaultRow(vault: VaultResource, { vaults, vaultUrl }: RowSources): Row {
  return rowOf(shownVault(vault, vaults, vaultUrl(vault)), vault.tenantId);
}

function subscriptionRow({ id, tenantId, displayName }: Subscription): Row {
  const type = "microsoft.resources/subscriptions";
  const properties = { state: "Enabled", subscriptionPolicies: { quotaId: "PayAsYouGo_2014-09-01" } };
  return { ...rowOf({ id: `/subscriptions/${id}`, type, properties }, tenantId), name: displayName };
}

function assignmentRow(one: RoleAssignment): Row {
  const properties = {
    roleDefinitionId: definitionId(one.roleId, one.scope),
    principalId: one.principalId,
    principalType: one.principalType,
    scope: one.scope,
    condition: one.condition?.text ?? null,
    conditionVersion: one.condition ? "2.0" : null,
    description: one.description ?? null,
    createdOn: one.createdAt,
    updatedOn: one.updatedAt,
    createdBy: one.createdBy,
  };
  return rowOf(
    { id: one.id, name: one.name, type: "microsoft.authorization/roleassignments", properties },
    one.tenantId,
  );
}

/** Built-in roles are in no subscription; those of an estate in the first they may be assigned in. */
function definitionRow({ id, roleName, type, ...one }: RoleDefinition, tenantId: string): Row {
  const scope = type === "BuiltInRole" ? "/" : (one.assignableScopes[0] ?? "/");
  const properties = {
    roleName,
    type,
    description: one.description,
    assignableScopes: one.assignableScopes,
    permissions: one.permissions.map((permission) => ({ ...permission })),
  };
  const kind = "microsoft.authorization/roledefinitions";
  return rowOf({ id: definitionId(id, scope), name: id, type: kind, properties }, tenantId);
}

/** Every column is there; types and groups are in lower case, as Resource Graph shows them. */
function rowOf(shown: object, tenantId: string): Row {
  const { id, name, type, location, sku, tags, identity, properties } = shown as Readonly<Record<string, Value>>;
  const at = textOf(id ?? null);
  return {
    id: at,
    name: name ?? "",
    type: textOf(type ?? null).toLowerCase(),
    tenantId,
    kind: "",
    location: location ?? "",
    resourceGroup: (resourceGroupOf(at) ?? "").toLowerCase(),
    subscriptionId: subscriptionOf(at) ?? "",
    managedBy: "",
    sku: sku ?? null,
    plan: null,
    properties: properties ?? null,
    tags: tags ?? null,
    identity: identity ?? null,
    zones: null,
    extendedLocation: null,
  };
}
