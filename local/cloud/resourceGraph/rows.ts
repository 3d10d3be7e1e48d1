import type { NetworkRules } from "../acr/network.ts";
import type { Registry, RegistryStore } from "../acr/store.ts";
import { shownRegistry } from "../acr/views.ts";
import type { Cluster, ClusterStore } from "../aks/store.ts";
import { shownCluster } from "../aks/views.ts";
import type { Catalog } from "../armKit/catalog.ts";
import { resourceGroupOf, subscriptionOf } from "../armKit/scope.ts";
import { definitionId } from "../rbac/views.ts";
import type { Rights } from "../rbac/authorization.ts";
import type { RoleStore } from "../rbac/store.ts";
import type { Table } from "./query.ts";
import { textOf, type Row, type Value } from "./values.ts";

export interface Sources {
  readonly catalog: Catalog;
  readonly rights: Rights;
  readonly clusters: () => ClusterStore;
  readonly registries: () => RegistryStore;
  readonly roles: () => RoleStore;
  readonly registryHost: (name: string) => string;
  readonly networkOf: (registry: Registry) => NetworkRules;
}

/** Resource Graph reads each provider with its latest stable version. */
const registryVersion = "2025-11-01";

const columns = [
  ...["id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy"],
  ...["sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation"],
] as const;

/** What a caller may read of the given subscriptions, by table. Rows are made when the query names their table. */
export function tablesFor(
  sources: Sources,
  caller: { readonly objectId: string; readonly tenantId: string },
  subscriptions: ReadonlySet<string>,
): Readonly<Record<string, Table>> {
  const mayRead = readerFor(sources.rights, caller.objectId);
  const visible = (rows: readonly Row[]): readonly Row[] =>
    rows.filter((row) => subscriptions.has(textOf(row["subscriptionId"] ?? null)) && mayRead(row));
  const table = (rows: () => readonly Row[]): Table => ({ columns, rows: () => visible(rows()) });
  return {
    resources: table(() => resources(sources)),
    resourcecontainers: table(() => sources.catalog.subscriptions.map(subscriptionRow)),
    authorizationresources: table(() => assignmentRows(sources)),
  };
}

/** Rights are inherited: who may read a kind in the whole subscription is not asked again for each resource. */
function readerFor(rights: Rights, objectId: string): (row: Row) => boolean {
  const known = new Map<string, boolean>();
  const may = (action: string, scope: string): boolean => {
    const key = `${action} ${scope}`.toLowerCase();
    const answer = known.get(key) ?? rights.allows(objectId, action, scope);
    known.set(key, answer);
    return answer;
  };
  return ({ id, type, subscriptionId, resourceGroup }) => {
    const action = `${textOf(type ?? null)}/read`;
    const subscription = `/subscriptions/${textOf(subscriptionId ?? null)}`;
    if (may(action, subscription)) return true;
    if (resourceGroup !== "" && may(action, `${subscription}/resourceGroups/${textOf(resourceGroup ?? null)}`))
      return true;
    return rights.allows(objectId, action, textOf(id ?? null));
  };
}

/** Deepest of all: a caller with a right on one resource alone sees the subscription through it. */
export function hasAnyAccess(tables: Readonly<Record<string, Table>>): boolean {
  return Object.values(tables).some((table) => table.rows().length > 0);
}

function resources({ clusters, registries, registryHost, networkOf, catalog }: Sources): readonly Row[] {
  const vaults = catalog.subscriptions.flatMap(({ id, tenantId }) =>
    catalog
      .resources(id)
      .filter(({ type }) => type === "Microsoft.KeyVault/vaults")
      .map((vault) => rowOf({ ...vault }, tenantId)),
  );
  return [
    ...[...clusters().all()].map((cluster: Cluster) => rowOf(shownCluster(cluster), cluster.tenantId)),
    ...[...registries().all()].map((registry: Registry) =>
      rowOf(
        shownRegistry(registry, {
          loginServer: registryHost(registry.name),
          network: networkOf(registry),
          version: registryVersion,
        }),
        registry.tenantId,
      ),
    ),
    ...vaults,
  ];
}

/** Every column is there; types and groups are in lower case, as Resource Graph shows them. */
function rowOf(shown: object, tenantId: string): Row {
  const { id, name, type, location, sku, tags, identity, properties } = shown as Readonly<Record<string, Value>>;
  const at = textOf(id ?? null);
  return {
    ...{
      id: at,
      name: name ?? "",
      type: textOf(type ?? null).toLowerCase(),
      tenantId,
      kind: "",
      location: location ?? "",
    },
    ...{ resourceGroup: (resourceGroupOf(at) ?? "").toLowerCase(), subscriptionId: subscriptionOf(at) ?? "" },
    ...{ managedBy: "", sku: sku ?? null, plan: null, properties: properties ?? null, tags: tags ?? null },
    ...{ identity: identity ?? null, zones: null, extendedLocation: null },
  };
}

function subscriptionRow({ id, tenantId, displayName }: Catalog["subscriptions"][number]): Row {
  const type = "microsoft.resources/subscriptions";
  const properties = { state: "Enabled", subscriptionPolicies: { quotaId: "PayAsYouGo_2014-09-01" } };
  return { ...rowOf({ id: `/subscriptions/${id}`, type, properties }, tenantId), name: displayName };
}

function assignmentRows({ roles }: Sources): readonly Row[] {
  return [...roles().all()].map(({ id, name, tenantId, scope, roleId, principalId, principalType, ...one }) => {
    const properties = { roleDefinitionId: definitionId(roleId, scope), principalId, principalType, scope };
    const dates = { createdOn: one.createdAt, updatedOn: one.updatedAt };
    const type = "microsoft.authorization/roleassignments";
    return rowOf({ id, name, type, properties: { ...properties, ...dates } }, tenantId);
  });
}
