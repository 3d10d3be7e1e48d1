import type { Registry } from "./store.ts";

/** As `Microsoft.ContainerRegistry/registries` shows a registry at an api-version: older ones know fewer properties. */
export function shownRegistry(registry: Registry, loginServer: string, version: string): object {
  const { id, name, location, sku, tags } = registry;
  return {
    sku: { name: sku, tier: sku },
    type: "Microsoft.ContainerRegistry/registries",
    ...{ id, name, location, tags },
    properties: propertiesOf(registry, loginServer, version),
  };
}

function propertiesOf(registry: Registry, loginServer: string, version: string): object {
  const isPreview = version.endsWith("-preview");
  const isLater = (stable: string, preview: string): boolean => version >= (isPreview ? preview : stable);
  return {
    loginServer,
    creationDate: registry.createdAt,
    provisioningState: "Succeeded",
    adminUserEnabled: registry.adminUserEnabled,
    ...(registry.sku === "Premium" && {
      networkRuleSet: { defaultAction: registry.defaultNetworkAction, ipRules: [] },
    }),
    policies: policiesOf(registry, isPreview, isLater("2025-04-01", "2022-02-01-preview")),
    encryption: { status: "disabled" },
    dataEndpointEnabled: registry.dataEndpointEnabled,
    dataEndpointHostNames: [],
    privateEndpointConnections: [],
    publicNetworkAccess: registry.publicNetworkAccess,
    networkRuleBypassOptions: registry.networkRuleBypassOptions,
    zoneRedundancy: "Disabled",
    ...(isLater("2025-04-01", "2021-06-01-preview") && { anonymousPullEnabled: registry.anonymousPullEnabled }),
    ...(isLater("2025-11-01", "2025-03-01-preview") && { roleAssignmentMode: registry.roleAssignmentMode }),
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
