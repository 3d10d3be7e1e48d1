import type { NetworkRules } from "./network.ts";
import type { Registry } from "./store.ts";

export interface Shown {
  readonly loginServer: string;
  readonly network: NetworkRules;
  /** Of the api-version asked for: older ones know fewer properties. */
  readonly version: string;
}

/** As `Microsoft.ContainerRegistry/registries` shows a registry. */
export function shownRegistry(registry: Registry, shown: Shown): object {
  const { id, name, location, sku, tags } = registry;
  return {
    sku: { name: sku, tier: sku },
    type: "Microsoft.ContainerRegistry/registries",
    id,
    name,
    location,
    tags,
    properties: propertiesOf(registry, shown),
  };
}

function propertiesOf(registry: Registry, { loginServer, network, version }: Shown): object {
  const isPreview = version.endsWith("-preview");
  const isLater = (stable: string, preview: string): boolean => version >= (isPreview ? preview : stable);
  const { defaultAction, ipRules, privateEndpoints, publicNetworkAccess } = network;
  const hasRules = registry.sku === "Premium" || defaultAction === "Deny" || ipRules.length > 0;
  return {
    loginServer,
    creationDate: registry.createdAt,
    provisioningState: registry.update ? "Updating" : "Succeeded",
    adminUserEnabled: registry.adminUserEnabled,
    ...(hasRules && {
      networkRuleSet: { defaultAction, ipRules: ipRules.map((value) => ({ action: "Allow", value })) },
    }),
    policies: policiesOf(registry, isPreview, isLater("2025-04-01", "2022-02-01-preview")),
    encryption: { status: "disabled" },
    dataEndpointEnabled: registry.dataEndpointEnabled,
    dataEndpointHostNames: [],
    privateEndpointConnections: privateEndpoints.map(({ name }) => shownConnection(registry, name)),
    publicNetworkAccess,
    networkRuleBypassOptions: registry.networkRuleBypassOptions,
    zoneRedundancy: "Disabled",
    ...(isLater("2025-04-01", "2021-06-01-preview") && { anonymousPullEnabled: registry.anonymousPullEnabled }),
    ...(isLater("2025-11-01", "2025-03-01-preview") && { roleAssignmentMode: registry.roleAssignmentMode }),
  };
}

/** A private endpoint that was let in. */
export function shownConnection({ id, subscriptionId, resourceGroup }: Registry, name: string): object {
  const endpoint = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Network/privateEndpoints/${name}`;
  return {
    id: `${id}/privateEndpointConnections/${name}`,
    name,
    type: "Microsoft.ContainerRegistry/registries/privateEndpointConnections",
    properties: {
      privateEndpoint: { id: endpoint },
      privateLinkServiceConnectionState: { status: "Approved", description: "", actionsRequired: "None" },
      provisioningState: "Succeeded",
    },
  };
}

function policiesOf(registry: Registry, isPreview: boolean, hasArmPolicy: boolean): object {
  const { quarantine, trust, retention, exports, softDelete, authenticationAsArm, createdAt } = registry;
  return {
    quarantinePolicy: { status: quarantine },
    trustPolicy: { type: "Notary", status: trust },
    retentionPolicy: retention,
    exportPolicy: { status: exports },
    ...(hasArmPolicy && { azureADAuthenticationAsArmPolicy: { status: authenticationAsArm } }),
    ...(isPreview && { softDeletePolicy: { ...softDelete, lastUpdatedTime: createdAt } }),
  };
}
