/** What Azure says of clusters, registries, principals and their rights, as the rules read it. Unknown is `null`, never a default. */
import type { ResourceRef } from "./ids.ts";
import type { RoleMode } from "./roles.ts";

/** A resource, and the tenant whose token is used to reach it. */
export type InTenant = ResourceRef & { readonly tenantId: string };

/** What a service does not show. `noToken`: our application cannot sign in to that tenant at all. */
export type Unreadable = {
  readonly outcome: "missing" | "forbidden" | "noToken";
  readonly code: string;
  readonly detail: string;
};

export type NodePool = {
  readonly name: string;
  readonly provisioningState: string | null;
  /** `Running` or `Stopped`. */
  readonly powerState: string | null;
  /** null where Azure does not count them (pools of VirtualMachines). */
  readonly nodes: number | null;
  /** `VirtualMachineScaleSets`, `VirtualMachines`, `AvailabilitySet`. */
  readonly type: string | null;
  readonly subnetId: string | null;
  /** So many pods a node holds at most. */
  readonly maxPods: number | null;
};

export type ClusterFacts = {
  readonly outcome: "found";
  readonly id: string;
  /** `Succeeded`, `Updating`, `Failed`, ... */
  readonly provisioningState: string | null;
  /** `Running` or `Stopped`. */
  readonly powerState: string | null;
  /** Application id of the service principal; `msi` on clusters with a managed identity. */
  readonly clientId: string;
  readonly nodeResourceGroup: string | null;
  /** Ids of what the cluster's controllers reach outside the node resource group, as far as the cluster names it. */
  readonly subnetIds: readonly string[];
  readonly diskEncryptionSetIds: readonly string[];
  /** null for the standard zones (`system`, `none`). */
  readonly privateDnsZoneId: string | null;
  readonly pools: readonly NodePool[];
  /** Ids of whatever else the cluster names: addresses of its load balancer, gateways, workspaces, host groups. */
  readonly otherIds: readonly string[];
};

export type RegistryFacts = {
  readonly outcome: "found";
  readonly id: string;
  /** `name.azurecr.io` */
  readonly loginServer: string;
  readonly provisioningState: string | null;
  /** `Basic`, `Standard`, `Premium`: how much it takes in a minute hangs on it. */
  readonly sku: string | null;
  readonly roleMode: RoleMode;
  /** `Enabled`, `Disabled`. */
  readonly publicNetworkAccess: string | null;
  /** `Allow` or `Deny`: what the network rules do with an address they do not name. */
  readonly defaultNetworkAction: string;
  /** Addresses and ranges that the network rules let in. */
  readonly allowedAddresses: readonly string[];
  readonly privateEndpoints: number;
  /** Layers come from a host of this registry alone instead of a shared blob host. */
  readonly dataEndpoints: boolean;
};

/** A service principal as its tenant shows it. */
export type PrincipalFacts = {
  readonly outcome: "found";
  readonly objectId: string;
  readonly appId: string;
  readonly enabled: boolean | null;
  /** The tenant that owns the application. */
  readonly ownerTenantId: string | null;
  /** `AzureADMyOrg`, `AzureADMultipleOrgs`, ...; null where it is not told. */
  readonly audience: string | null;
};

/** One role assignment as Azure RBAC shows it. */
export type Assignment = {
  readonly id: string;
  readonly scope: string;
  readonly principalId: string;
  /** Full id of the role definition. */
  readonly roleDefinitionId: string;
  readonly condition: string | null;
  readonly conditionVersion: string | null;
};

/**
 * How our roles let us assign others at one place: for each that does, its condition; null where it has none. Empty where
 * none does.
 */
export type AssignConditions = readonly (string | null)[];

/** A deny assignment that forbids assigning roles, to us or perhaps to us. */
export type Denial = {
  readonly id: string;
  readonly scope: string;
  /** Not below its scope. */
  readonly onlyHere: boolean;
  /** false: it names groups, which we may be in, or has a condition. */
  readonly isCertain: boolean;
};

/** A management lock in force at a resource or above it. */
export type Lock = { readonly id: string; readonly level: "ReadOnly" | "CanNotDelete" };

/** What a tenant's app-management policy says of new credentials and applications. */
export type CredentialPolicy = {
  readonly forbidsPasswords: boolean;
  /** null: no limit. */
  readonly longestLifetimeInDays: number | null;
  readonly forbidsMultitenant: boolean;
};

/** An answer that our rights may not show. */
export type Known<Value> =
  { readonly outcome: "known"; readonly value: Value } | { readonly outcome: "unknown"; readonly detail: string };
