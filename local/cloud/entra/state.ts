export interface Password {
  readonly keyId: string;
  readonly displayName: string | null;
  readonly startDateTime: string;
  readonly endDateTime: string;
  /** The first three characters of the value. */
  readonly hint: string;
  /** Stays in this process: shown once by Graph, never logged or dumped. */
  readonly value: string;
  /** Clock time at which it was added. */
  readonly madeAt: number;
  /** Clock time from which the token endpoint accepts it. */
  readonly acceptedFrom: number;
}

export interface RemovedPassword {
  readonly password: Password;
  readonly removedAt: number;
}

export interface FederatedCredential {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

export interface AppRole {
  readonly id: string;
  readonly value: string;
  readonly displayName: string;
}

/** What callers of Graph may set, kept as they sent it. */
export interface ApplicationSettings {
  displayName: string;
  uniqueName?: string;
  signInAudience: string;
  identifierUris: readonly string[];
  redirectUris: readonly string[];
  tags: readonly string[];
  requestedAccessTokenVersion: 1 | 2 | null;
  requiredResourceAccess: readonly RequiredResource[];
  /** Properties that are stored and given back, and change nothing here. */
  other: Readonly<Record<string, unknown>>;
}

export interface RequiredResource {
  readonly resourceAppId: string;
  readonly resourceAccess: readonly { readonly id: string; readonly type: "Scope" | "Role" }[];
}

export interface Application extends ApplicationSettings {
  readonly id: string;
  readonly appId: string;
  readonly tenantId: string;
  readonly createdDateTime: string;
  readonly appRoles: readonly AppRole[];
  /** Object ids of the service principals that may change it with Application.ReadWrite.OwnedBy. */
  readonly owners: readonly string[];
  /** Object id of who made it; absent for what the estate began with. */
  readonly createdBy?: string;
  passwords: readonly Password[];
  /** Slow replicas go on accepting these for a while. */
  removedPasswords?: readonly RemovedPassword[];
  /** What slow replicas still show of the last change. */
  changed?: { readonly at: number; readonly by: string; readonly before: ApplicationSettings };
  federatedCredentials: readonly FederatedCredential[];
}

export interface ServicePrincipal {
  readonly id: string;
  readonly tenantId: string;
  readonly appId: string;
  readonly displayName: string;
  readonly kind: "Application" | "ManagedIdentity";
  readonly createdDateTime: string;
  /** Object id of who made it; absent for what the estate began with, and for what consent made. */
  readonly createdBy?: string;
  /** An administrator's consent made it, which takes longer to be seen at sign-in. */
  readonly fromConsent?: true;
  readonly owners: readonly string[];
  accountEnabled: boolean;
  /** Clock time of the last change of `accountEnabled`. */
  enabledChangedAt?: number;
  /** Its own, for its own tenant; absent where there never were any. */
  passwords?: readonly Password[];
  removedPasswords?: readonly RemovedPassword[];
  /** Of directory roles, `Application Administrator` and the like. */
  readonly directoryRoles: readonly string[];
  /** Clock time from which role assignments may name it. */
  readonly knownFrom: number;
  appRoles: readonly { readonly resourceAppId: string; readonly value: string }[];
}

/** What an administrator accepted for a whole tenant. */
export interface Grant {
  readonly tenantId: string;
  readonly appId: string;
  readonly scopes: readonly string[];
  readonly acceptedAt: string;
}

export interface ManagedIdentity {
  readonly name: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly objectId: string;
  readonly resourceId: string;
}

/** What was deleted: thirty days among the deleted items while `isKept`, and known to slow replicas for a while. */
export type Deleted = {
  readonly deletedAt: number;
  isKept: boolean;
} & (
  | { readonly kind: "application"; readonly object: Application }
  | { readonly kind: "servicePrincipal"; readonly object: ServicePrincipal }
);

/** Holds unless `state` is disabled, for applications made after the date. */
export interface Restriction {
  readonly state?: "enabled" | "disabled" | undefined;
  readonly restrictForAppsCreatedAfterDateTime?: string | null | undefined;
}

export interface CredentialRestriction extends Restriction {
  readonly restrictionType: string;
  /** `P90D` */
  readonly maxLifetime?: string | null | undefined;
}

export interface Restrictions {
  readonly passwordCredentials?: readonly CredentialRestriction[] | undefined;
  readonly keyCredentials?: readonly CredentialRestriction[] | undefined;
  readonly audiences?:
    | {
        readonly azureAdMultipleOrgs?: Restriction | undefined;
        readonly personalMicrosoftAccount?: Restriction | undefined;
      }
    | undefined;
}

/** The default one of a tenant. */
export interface AppManagementPolicy {
  readonly isEnabled: boolean;
  readonly applicationRestrictions: Restrictions;
  readonly servicePrincipalRestrictions: Restrictions;
}

export interface StoredPolicy {
  readonly policy: AppManagementPolicy;
  /** Slow replicas act by `before` for a while. */
  readonly changedAt: number;
  readonly before: AppManagementPolicy;
}

/** A security group. Groups may be members of groups. */
export interface Group {
  readonly id: string;
  readonly tenantId: string;
  readonly createdDateTime: string;
  displayName: string;
  description: string | null;
  readonly mailNickname: string;
  /** Object ids of service principals and groups. */
  members: readonly string[];
}

/** Everything Entra and Graph know. Plain data; the functions around it hold the rules. */
export interface EntraState {
  readonly tenants: readonly { readonly id: string; readonly name: string; readonly domain: string }[];
  applications: Map<string, Application>;
  servicePrincipals: Map<string, ServicePrincipal>;
  groups: Map<string, Group>;
  /** By tenant. */
  policies: Map<string, StoredPolicy>;
  /** By object id. */
  deleted: Map<string, Deleted>;
  grants: Grant[];
  readonly managedIdentities: readonly ManagedIdentity[];
  /** Of the first cluster and of the first registry: what chance puts on tenants never falls on these. */
  readonly sparedTenants: readonly string[];
}

/** What Graph gives a password whose end nobody named. */
export const twoYearsInMs = 2 * 365.25 * 24 * 60 * 60_000;
