/** The state of the simulated Azure as its control service shows it, as far as a judge reads it. */

export interface Dump {
  readonly entra: { readonly tenants: readonly TenantDump[] };
  readonly vault: VaultDump;
  readonly arm: {
    readonly clusters: readonly ClusterDump[];
    readonly registries: readonly RegistryDump[];
    readonly roleAssignments: readonly RoleAssignmentDump[];
    readonly denyAssignments: readonly { readonly name: string; readonly scope: string }[];
    readonly locks: readonly { readonly name: string; readonly scope: string; readonly level: string }[];
    readonly policyAssignments: readonly {
      readonly name: string;
      readonly scope: string;
      /** `deny`, `modify`, `audit` and so on. */
      readonly effect: string;
    }[];
    /** Where no new role assignment is taken. */
    readonly fullScopes: readonly string[];
    /** Resources whose region does not have the newest api-version yet. */
    readonly oldVersionsOnly: readonly string[];
    readonly clustersWithoutBlobs: readonly string[];
    /** Where the app seems to come from. */
    readonly callerAddress: string;
    readonly managementGroups: readonly ManagementGroupDump[];
  };
}

export interface TenantDump {
  readonly id: string;
  readonly applications: readonly ApplicationDump[];
  readonly servicePrincipals: readonly PrincipalDump[];
  readonly groups: readonly { readonly id: string; readonly members: readonly string[] }[];
  readonly appManagementPolicy: PolicyDump;
  /** Of those who may make only so many objects. */
  readonly quotas: readonly { readonly principalId: string; readonly made: number; readonly most: number }[];
}

/** What applications may be like. A restriction without a state holds. */
export interface PolicyDump {
  readonly isEnabled: boolean;
  readonly applicationRestrictions: {
    readonly passwordCredentials?: readonly { readonly restrictionType: string; readonly state?: string }[];
    readonly audiences?: { readonly azureAdMultipleOrgs?: { readonly state?: string } };
  };
}

export interface ManagementGroupDump {
  readonly id: string;
  readonly parent?: string | null;
  readonly subscriptions: readonly string[];
}

export interface ApplicationDump {
  readonly id: string;
  readonly appId: string;
  readonly uniqueName?: string;
  readonly passwordCredentials: readonly PasswordDump[];
}

export interface PasswordDump {
  readonly keyId: string;
  readonly displayName: string | null;
  readonly startDateTime: string;
  readonly endDateTime: string;
  readonly secretFingerprint: string;
  /** When every replica knew it. */
  readonly knownAt: string;
}

export interface PrincipalDump {
  readonly id: string;
  readonly appId: string;
  readonly createdDateTime: string;
  readonly knownAt: string;
  readonly appRoles: readonly { readonly value: string }[];
}

export interface VaultDump {
  readonly id: string;
  readonly secrets: readonly { readonly name: string; readonly versions: readonly VersionDump[] }[];
  /** Or by access policies. */
  readonly byRoles: boolean;
  readonly accessPolicies: readonly {
    readonly objectId: string;
    readonly permissions: { readonly secrets?: readonly string[] };
  }[];
  readonly networkAcls: { readonly defaultAction: string; readonly ipRules: readonly { readonly value: string }[] };
  readonly publicNetworkAccess: string;
  /** What Azure Policy demands of secrets. */
  readonly policies?: {
    readonly maximumValidityInDays?: number;
    readonly minimumDaysBeforeExpiry?: number;
  };
}

export interface VersionDump {
  readonly version: string;
  readonly enabled: boolean;
  readonly secretFingerprint: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ClusterDump {
  readonly id: string;
  readonly tenantId: string;
  readonly powerState: string;
  readonly provisioningState: string;
  /** `msi` on a cluster with a managed identity. */
  readonly clientId: string;
  /** Where its nodes seem to come from. */
  readonly egressAddress: string;
  /** The full id of the group its nodes are in. */
  readonly nodeResourceGroup: string;
  readonly pools: readonly { readonly name: string; readonly powerState: string; readonly provisioningState: string }[];
  readonly nodes: readonly { readonly name: string; readonly clientId: string; readonly secretFingerprint: string }[];
  /** Resets of the credential, the oldest first. */
  readonly updates: readonly UpdateDump[];
}

export interface UpdateDump {
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly status: string;
}

export interface RegistryDump {
  readonly id: string;
  readonly tenantId: string;
  readonly loginServer: string;
  readonly roleAssignmentMode: string;
  readonly network: NetworkDump;
}

export interface NetworkDump {
  readonly publicNetworkAccess: string;
  readonly defaultAction: string;
  readonly ipRules: readonly string[];
  readonly privateEndpoints: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

export interface RoleAssignmentDump {
  readonly id: string;
  readonly tenantId: string;
  readonly scope: string;
  readonly roleName: string;
  readonly roleDefinitionId: string;
  /** What it holds for, in Azure's language of conditions. */
  readonly condition?: string;
  readonly principalId: string;
  readonly createdBy: string;
  readonly createdOn: string;
  readonly knownAt: string;
}
