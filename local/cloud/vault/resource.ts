import { resourceId } from "../estates/estate.ts";
import type { Estate, EstateVault } from "../estates/types.ts";
import type { Life } from "../kit/life.ts";

export interface AccessPolicy {
  readonly tenantId: string;
  readonly objectId: string;
  /** As they were sent: `secrets`, `keys` and so on. */
  readonly permissions: Readonly<Record<string, readonly string[]>>;
}

export interface NetworkAcls {
  readonly bypass: "AzureServices" | "None";
  readonly defaultAction: "Allow" | "Deny";
  readonly ipRules: readonly { readonly value: string }[];
  readonly virtualNetworkRules: readonly unknown[];
}

/** What Azure Policy demands of secrets. */
export type DataPolicies = NonNullable<EstateVault["policies"]>;

/** What can be set through Resource Manager; undefined until somebody does. */
export interface VaultSettings {
  readonly enableRbacAuthorization?: boolean;
  readonly accessPolicies?: readonly AccessPolicy[];
  readonly networkAcls?: NetworkAcls;
  readonly publicNetworkAccess?: "Enabled" | "Disabled";
  readonly enablePurgeProtection?: true;
  readonly softDeleteRetentionInDays?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface VaultResource {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly isFirst: boolean;
  readonly policies: DataPolicies | undefined;
  settings: VaultSettings;
}

/** How a vault is: what was set, else what life put on it, else what a vault is like at first. */
export interface VaultNow {
  readonly byRoles: boolean;
  readonly accessPolicies: readonly AccessPolicy[];
  readonly networkAcls: NetworkAcls;
  readonly publicNetworkAccess: "Enabled" | "Disabled";
  readonly isPurgeProtected: boolean;
  readonly retentionInDays: number;
  readonly policies: DataPolicies | undefined;
}

export interface VaultStore {
  all(): readonly VaultResource[];
  /** By resource id, without regard to case. */
  get(id: string): VaultResource | undefined;
  now(vault: VaultResource): VaultNow;
  /** Is it so because of the switch alone? */
  isByLife(vault: VaultResource, name: LifeName): boolean;
  reset(): void;
  snapshot(): () => void;
}

const setBy = {
  vaultPurgeProtection: "enablePurgeProtection",
  vaultAccessPolicies: "enableRbacAuthorization",
  vaultFirewall: "networkAcls",
} as const satisfies Record<string, keyof VaultSettings>;
type LifeName = keyof typeof setBy | "vaultDataPolicies";

export function vaultStore(estate: Estate, life: Life): VaultStore {
  const vaults = estate.vaults.map((source, index) => vaultFrom(estate, source, index === 0));
  const isByLife = (vault: VaultResource, name: LifeName): boolean => {
    // What would refuse everybody spares the first vault: nothing could be onboarded through it.
    if (vault.isFirst && name !== "vaultPurgeProtection") return false;
    const isSet = name === "vaultDataPolicies" ? vault.policies !== undefined : setBy[name] in vault.settings;
    return !isSet && life.struckBy(name, vault.id);
  };
  return {
    all: () => vaults,
    get: (id) => vaults.find((one) => one.id.toLowerCase() === id.toLowerCase()),
    isByLife,
    now: (vault) =>
      nowOf(
        vault,
        (name) => isByLife(vault, name),
        (name) => life.chance(name, vault.id),
      ),
    reset: () => {
      for (const vault of vaults) vault.settings = {};
    },
    snapshot: () => {
      const kept = vaults.map(({ settings }) => settings);
      return () => {
        for (const [index, vault] of vaults.entries()) vault.settings = kept[index] ?? {};
      };
    },
  };
}

function vaultFrom(estate: Estate, source: EstateVault, isFirst: boolean): VaultResource {
  const { name, subscriptionId, resourceGroup, location, policies } = source;
  const tenantId = estate.subscriptions.find(({ id }) => id === subscriptionId)?.tenantId ?? "";
  const id = resourceId("Microsoft.KeyVault/vaults", source);
  return { id, name, tenantId, subscriptionId, resourceGroup, location, isFirst, policies, settings: {} };
}

const open: NetworkAcls = { bypass: "AzureServices", defaultAction: "Allow", ipRules: [], virtualNetworkRules: [] };
const longestValiditiesInDays = [90, 180, 365] as const;

function nowOf(
  { settings, policies }: VaultResource,
  isByLife: (name: LifeName) => boolean,
  chance: (name: LifeName) => number,
): VaultNow {
  const isProtected = isByLife("vaultPurgeProtection");
  const kept = isProtected ? 7 + Math.floor(chance("vaultPurgeProtection") * 84) : 90;
  return {
    byRoles: settings.enableRbacAuthorization ?? !isByLife("vaultAccessPolicies"),
    accessPolicies: settings.accessPolicies ?? [],
    networkAcls: settings.networkAcls ?? { ...open, defaultAction: isByLife("vaultFirewall") ? "Deny" : "Allow" },
    publicNetworkAccess: settings.publicNetworkAccess ?? "Enabled",
    isPurgeProtected: settings.enablePurgeProtection ?? isProtected,
    retentionInDays: settings.softDeleteRetentionInDays ?? kept,
    policies: isByLife("vaultDataPolicies")
      ? {
          contentTypeRequired: true,
          expiryRequired: true,
          maximumValidityInDays: longestValiditiesInDays[Math.floor(chance("vaultDataPolicies") * 3)] ?? 90,
        }
      : policies,
  };
}

/** The name of its endpoint's service: the first vault's is the one clients are told. */
export function serviceOf({ isFirst, name }: VaultResource): string {
  return isFirst ? "vault" : `vault:${name}`;
}
