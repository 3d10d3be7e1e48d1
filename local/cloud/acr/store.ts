import { resourceId, type Estate } from "../estates/estate.ts";

export type RoleMode = "LegacyRegistryPermissions" | "AbacRepositoryPermissions";
export type Switch = "enabled" | "disabled";

export interface Registry {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly createdAt: string;
  sku: string;
  tags: Readonly<Record<string, string>>;
  roleAssignmentMode: RoleMode;
  authenticationAsArm: Switch;
  adminUserEnabled: boolean;
  anonymousPullEnabled: boolean;
  publicNetworkAccess: "Enabled" | "Disabled";
  /** `Deny` refuses every caller: addresses are not modelled. */
  defaultNetworkAction: "Allow" | "Deny";
  dataEndpointEnabled: boolean;
  networkRuleBypassOptions: "AzureServices" | "None";
  quarantine: Switch;
  trust: Switch;
  retention: { readonly days: number; readonly status: Switch; readonly lastUpdatedTime: string };
  exports: Switch;
  softDelete: { readonly retentionDays: number; readonly status: Switch };
  /** Names of repositories with their tags. */
  readonly repositories: readonly { readonly name: string; readonly tags: readonly string[] }[];
}

export interface RegistryStore {
  all(): Iterable<Registry>;
  /** By resource id, without regard to case. */
  get(id: string): Registry | undefined;
  named(name: string): Registry | undefined;
}

/** `now`: milliseconds since the epoch, the moment of creation. */
export function registriesFrom(estate: Estate, now: number): RegistryStore {
  const tenantOf = new Map(estate.subscriptions.map(({ id, tenantId }) => [id, tenantId]));
  const createdAt = new Date(now).toISOString();
  const registries = estate.registries.map((source): Registry => {
    const { name, subscriptionId, resourceGroup, location, sku, roleAssignmentMode, repositories } = source;
    const { adminUserEnabled, anonymousPullEnabled, publicNetworkAccess } = source;
    return {
      id: resourceId("Microsoft.ContainerRegistry/registries", source),
      tenantId: tenantOf.get(subscriptionId) ?? "",
      ...{ name, subscriptionId, resourceGroup, location, createdAt, sku, tags: {}, roleAssignmentMode, repositories },
      authenticationAsArm: source.azureADAuthenticationAsArmPolicy,
      ...{ adminUserEnabled, anonymousPullEnabled, publicNetworkAccess },
      ...{ defaultNetworkAction: "Allow", networkRuleBypassOptions: "AzureServices", dataEndpointEnabled: false },
      ...{ quarantine: "disabled", trust: "disabled", exports: "enabled" },
      retention: { days: 7, status: "disabled", lastUpdatedTime: createdAt },
      softDelete: { retentionDays: 7, status: "disabled" },
    };
  });
  return registryStore(registries);
}

export function registryStore(registries: readonly Registry[]): RegistryStore {
  const byId = new Map(registries.map((one) => [one.id.toLowerCase(), one]));
  const byName = new Map(registries.map((one) => [one.name.toLowerCase(), one]));
  return {
    all: () => byId.values(),
    get: (id) => byId.get(id.toLowerCase()),
    named: (name) => byName.get(name.toLowerCase()),
  };
}
