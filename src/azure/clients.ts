/**
 * What activities may ask of Azure: one narrow interface a service. Adapters over the SDKs stand beside this file.
 *
 * The rule for all of them: an answer a workflow must branch on is returned (`outcome`); what a retry may cure is
 * thrown as `TransientError`; anything else is a defect. No error or log carries a body, a header or a secret.
 * `tenantId` is always the tenant whose token is used.
 */
import type { Secret } from "../domain/secret.ts";
import type { Condition, Permission, RoleMode } from "../domain/roles.ts";
import type { ResourceRef } from "../domain/ids.ts";

export interface Azure {
  readonly entra: Entra;
  readonly directory: Directory;
  readonly vault: Vault;
  readonly clusters: Clusters;
  readonly registries: Registries;
  readonly roles: Roles;
  readonly pulls: Pulls;
}

/** A resource and the tenant whose administrators own it. */
export type InTenant = ResourceRef & { readonly tenantId: string };

/** `code`: the service's own word (`AuthorizationFailed`, `AADSTS7000215`); `detail`: its sentence, without ids of requests. */
export type Refused<Outcome extends string> = {
  readonly outcome: Outcome;
  readonly code: string;
  readonly detail: string;
};

/** Microsoft Entra's token endpoint, asked on behalf of a pull identity. */
export interface Entra {
  /** The address an administrator of `tenantId` opens to accept the application (v2.0 admin consent). */
  adminConsentUrl(request: { tenantId: string; clientId: string; redirectUri: string; state: string }): string;
  /** An app-only token for the container registry audience, from `tenantId`. A new credential every time: MSAL remembers failures. */
  pullToken(tenantId: string, clientId: string, secret: Secret): Promise<PullToken>;
}
export type PullToken =
  | { readonly outcome: "issued"; readonly token: Secret; readonly tenantId: string; readonly objectId: string }
  /** AADSTS700016, 7000229, 65001: no service principal there (yet). */
  | Refused<"noPrincipal">
  /** AADSTS7000215: wrong, or too young to have reached every replica. */
  | Refused<"secretRefused">
  /** AADSTS7000222. */
  | Refused<"secretExpired">
  /** Everything a wait cannot cure: disabled, conditional access, unknown tenant, other cloud. */
  | Refused<"refused">;

/** Applications and service principals, through Microsoft Graph. */
export interface Directory {
  /** Upsert by `uniqueName`: multitenant, instance lock on, asks for `User.Read` only, one redirect URI. */
  putApplication(
    tenantId: string,
    application: { uniqueName: string; displayName: string; redirectUri: string },
  ): Promise<{ outcome: "put"; appId: string; objectId: string; created: boolean } | Refused<"forbidden">>;
  /** Graph makes no service principal by itself. One that exists is success. */
  putServicePrincipal(
    tenantId: string,
    appId: string,
  ): Promise<{ outcome: "put"; objectId: string } | Refused<"forbidden">>;
  /** Object id of an application's service principal, undefined if there is none. */
  findServicePrincipal(tenantId: string, appId: string): Promise<string | undefined>;
  listPasswords(tenantId: string, applicationObjectId: string): Promise<readonly Password[]>;
  /**
   * Not idempotent. After a lost answer (500, 503, 504, a cut connection: TransientError, never repeated here) the
   * password may be there, its value lost: before adding, remove strays, found by display name.
   */
  addPassword(
    tenantId: string,
    applicationObjectId: string,
    password: { displayName: string; expiresAt: string },
  ): Promise<{ outcome: "added"; keyId: string; value: Secret; expiresAt: string } | Refused<"forbidden">>;
  /** One that is already gone is success. */
  removePassword(tenantId: string, applicationObjectId: string, keyId: string): Promise<void>;
  /** Deletes the application, and with it its service principal in the home tenant. Already gone is success. */
  deleteApplication(tenantId: string, applicationObjectId: string): Promise<void>;
}
export type Password = { readonly keyId: string; readonly displayName: string; readonly expiresAt: string };

/** Key Vault secrets, in the one vault of the deployment. */
export interface Vault {
  /** Adds a version. `expiresAt` becomes `exp`. */
  put(
    name: string,
    value: Secret,
    about: { expiresAt: string; tags: Readonly<Record<string, string>> },
  ): Promise<{ version: string }>;
  /** undefined when there is no such version, or it is disabled. */
  get(name: string, version: string): Promise<Secret | undefined>;
  versions(name: string): Promise<readonly SecretVersion[]>;
  /** A version nobody may read any more. Already gone is success. */
  disable(name: string, version: string): Promise<void>;
  /** Disables all versions, then deletes the secret (soft delete applies). Already gone is success. */
  remove(name: string): Promise<void>;
  /** Can the vault be reached with our identity? For the health answer; never throws. */
  reachable(): Promise<boolean>;
}
export type SecretVersion = {
  readonly version: string;
  readonly enabled: boolean;
  readonly expiresAt: string | null;
  readonly tags: Readonly<Record<string, string>>;
};

/** Azure Kubernetes Service. */
export interface Clusters {
  get(cluster: InTenant): Promise<ClusterFacts | Refused<"missing"> | Refused<"forbidden">>;
  /**
   * Starts `resetServicePrincipalProfile`, which re-images every node. Never waits for it.
   * `operation` is the SDK poller's serialised state: addresses only, no secret (checked before it is returned).
   */
  setServicePrincipal(cluster: InTenant, clientId: string, secret: Secret): Promise<UpdateStarted>;
  /** Looks once at a started update. Refuses an operation whose address is not under our ARM endpoint. */
  followUpdate(cluster: InTenant, operation: string): Promise<UpdateProgress>;
}
export type ClusterFacts = {
  readonly outcome: "found";
  readonly id: string;
  readonly location: string;
  /** `Succeeded`, `Updating`, `Upgrading`, `Failed`, ... */
  readonly provisioningState: string;
  /** `Running` or `Stopped`. */
  readonly powerState: string;
  /** Application id of the service principal; `msi` on clusters with a managed identity. */
  readonly clientId: string;
  readonly nodeResourceGroup: string;
  readonly pools: readonly { readonly name: string; readonly provisioningState: string; readonly nodes: number }[];
};
export type UpdateStarted =
  | { readonly outcome: "started"; readonly operation: string }
  /** 409: another operation runs on the cluster. */
  | Refused<"busy">
  /** 400 with an AADSTS number inside: AKS could not sign in with the credential. */
  | Refused<"credentialRefused">
  | Refused<"refused">;
export type UpdateProgress = { readonly outcome: "running" } | { readonly outcome: "succeeded" } | Refused<"failed">;

/** Azure Container Registry, management side. */
export interface Registries {
  get(registry: InTenant): Promise<RegistryFacts | Refused<"missing"> | Refused<"forbidden">>;
}
export type RegistryFacts = {
  readonly outcome: "found";
  readonly id: string;
  readonly location: string;
  /** `name.azurecr.io` */
  readonly loginServer: string;
  readonly provisioningState: string;
  readonly roleMode: RoleMode;
  /** `Enabled`, `Disabled`. */
  readonly publicNetworkAccess: string;
  /** `Allow` or `Deny`: what the network rules do with an address they do not name. */
  readonly defaultNetworkAction: string;
};

/** Azure RBAC. */
export interface Roles {
  /** What our identity may do at a scope; empty when it may not even ask. */
  permissions(tenantId: string, scope: InTenant): Promise<readonly Permission[]>;
  /** PUT under a name derived from the triple; "already exists" is success. Always `principalType: ServicePrincipal`. */
  assign(tenantId: string, assignment: NewAssignment): Promise<Assigned>;
  /** Assignments of one principal anywhere in the cluster's or registry's subscription. An error where we may not ask. */
  listFor(tenantId: string, subscriptionId: string, principalId: string): Promise<readonly Assignment[]>;
  /** Already gone is success. */
  remove(tenantId: string, assignmentId: string): Promise<void>;
}
export type NewAssignment = {
  /** GUID. */
  readonly name: string;
  readonly scope: string;
  /** GUID of the role definition, or its full id. */
  readonly roleId: string;
  readonly principalId: string;
  readonly condition?: Condition;
};
export type Assigned =
  /** `created` is as ARM tells, which may answer a repeated PUT with 201 too: what is ours has our name at the end of `id`. */
  | { readonly outcome: "assigned"; readonly id: string; readonly created: boolean }
  /** The principal has not reached the role service's replica yet, or does not exist. */
  | Refused<"principalNotFound">
  | Refused<"forbidden">;
export type Assignment = {
  readonly id: string;
  readonly scope: string;
  /** Full id of the role definition. */
  readonly roleDefinitionId: string;
  readonly condition: string | null;
  readonly conditionVersion: string | null;
};

/** The registry's own endpoint, asked as clients that pull ask it. */
export interface Pulls {
  /** As a kubelet with a service principal: client id and secret straight to the registry's token endpoint. */
  withPassword(target: PullTarget, clientId: string, secret: Secret): Promise<PullAnswer>;
  /** Two hops: an Entra token (from `Entra.pullToken`) exchanged for a refresh token, that for an access token. */
  withEntraToken(target: PullTarget, token: Secret): Promise<PullAnswer>;
}
export type PullTarget = {
  readonly loginServer: string;
  readonly repository: string;
  /** Tag or digest; null proves only the right to pull. */
  readonly reference: string | null;
};
/** Where a pull ended, in the order a pull goes. */
export type PullStage = "registryToken" | "accessList" | "manifest" | "network";
export type PullAnswer =
  | {
      readonly outcome: "pulled";
      readonly digest: string | null;
      readonly mediaType: string | null;
      readonly sizeInBytes: number | null;
    }
  | {
      readonly outcome: "refused";
      readonly stage: PullStage;
      /** HTTP status, 0 when there was no answer. */
      readonly status: number;
      readonly detail: string;
    };
