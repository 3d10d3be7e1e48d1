import type { VaultResource, VaultStore } from "./resource.ts";

/** A vault as Resource Manager and Resource Graph show it. `url`: its own endpoint. */
export function shownVault(vault: VaultResource, vaults: VaultStore, url: string): object {
  const { id, name, location, tenantId, settings } = vault;
  const now = vaults.now(vault);
  return {
    id,
    name,
    type: "Microsoft.KeyVault/vaults",
    location,
    tags: settings.tags ?? {},
    properties: {
      sku: { family: "A", name: "standard" },
      tenantId,
      networkAcls: now.networkAcls,
      accessPolicies: now.accessPolicies,
      enabledForDeployment: false,
      enabledForDiskEncryption: false,
      enabledForTemplateDeployment: false,
      enableSoftDelete: true,
      softDeleteRetentionInDays: now.retentionInDays,
      enableRbacAuthorization: now.byRoles,
      // Left out where it is not on, as Azure does.
      ...(now.isPurgeProtected && { enablePurgeProtection: true }),
      vaultUri: `${url}/`,
      provisioningState: "Succeeded",
      publicNetworkAccess: now.publicNetworkAccess,
    },
  };
}
