import { resourceId, type Estate } from "../estates/estate.ts";
import type { NetworkRules } from "./network.ts";

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
  network: NetworkRules;
  /** Did the estate or somebody since say what they are? */
  isNetworkSet: boolean;
  dataEndpointEnabled: boolean;
  networkRuleBypassOptions: "AzureServices" | "None";
  quarantine: Switch;
  trust: Switch;
  retention: { readonly days: number; readonly status: Switch; readonly lastUpdatedTime: string };
  exports: Switch;
  softDelete: { readonly retentionDays: number; readonly status: Switch };
  /** Names of repositories with their tags. */
  readonly repositories: readonly { readonly name: string; readonly tags: readonly string[] }[];
  /** Milliseconds since the epoch, of the last change of `roleAssignmentMode`. */
  modeChangedAt?: number;
  /** When each principal, by object id, first signed in. */
  readonly firstSignIns: Map<string, number>;
  /** The update that is under way. */
  update?: RegistryUpdate;
}

export interface RegistryUpdate {
  readonly operationId: string;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
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
    const { publicNetworkAccess, networkRuleSet, privateEndpoints } = source;
    return {
      id: resourceId("Microsoft.ContainerRegistry/registries", source),
      name: source.name,
      tenantId: tenantOf.get(source.subscriptionId) ?? "",
      subscriptionId: source.subscriptionId,
      resourceGroup: source.resourceGroup,
      location: source.location,
      createdAt,
      sku: source.sku,
      tags: {},
      roleAssignmentMode: source.roleAssignmentMode,
      repositories: source.repositories,
      authenticationAsArm: source.azureADAuthenticationAsArmPolicy,
      adminUserEnabled: source.adminUserEnabled,
      anonymousPullEnabled: source.anonymousPullEnabled,
      network: {
        publicNetworkAccess,
        defaultAction: networkRuleSet?.defaultAction ?? "Allow",
        ipRules: (networkRuleSet?.ipRules ?? []).map(({ value }) => value),
        privateEndpoints: privateEndpoints ?? [],
      },
      isNetworkSet:
        publicNetworkAccess === "Disabled" || networkRuleSet !== undefined || privateEndpoints !== undefined,
      networkRuleBypassOptions: "AzureServices",
      dataEndpointEnabled: false,
      quarantine: "disabled",
      trust: "disabled",
      exports: "enabled",
      retention: { days: 7, status: "disabled", lastUpdatedTime: createdAt },
      softDelete: { retentionDays: 7, status: "disabled" },
      firstSignIns: new Map(),
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
