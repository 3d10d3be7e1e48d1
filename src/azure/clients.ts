/**
 * What activities may ask of Azure: one narrow interface a service. Adapters over the SDKs stand beside this file.
 *
 * The rule for all of them: an answer a workflow must branch on is returned (`outcome`); what waiting may cure is
 * thrown as `TransientError`; anything else is a defect. No error or log carries a body, a header or a secret.
 * Every call ends within a minute, answered or not. `tenantId` is always the tenant whose token is used.
 */
import type { AksSchedule } from "../domain/aksSchedule.ts";
import type {
  AssignConditions,
  Assignment,
  ClusterFacts,
  Denial,
  InTenant,
  Known,
  Lock,
  RegistryFacts,
  Unreadable,
} from "../domain/facts.ts";
import type { VaultEnd } from "../domain/removal.ts";
import type { Condition, Permission, Role } from "../domain/roles.ts";
import type { Secret } from "../domain/secret.ts";
import type { Refused, Removal } from "./outcomes.ts";
import type { Directory, Entra } from "./tenantClients.ts";

export type * from "./outcomes.ts";
export type * from "./tenantClients.ts";

export interface Azure {
  readonly entra: Entra;
  readonly directory: Directory;
  readonly vault: Vault;
  readonly clusters: Clusters;
  readonly registries: Registries;
  readonly roles: Roles;
  readonly pulls: Pulls;
}

/** Key Vault secrets, in the one vault of the deployment. */
export interface Vault {
  /**
   * Adds a version. `expiresAt` becomes `exp`. After a lost answer at most one enabled version with these tags is left,
   * and it is the one returned.
   */
  put(
    name: string,
    value: Secret,
    about: { readonly expiresAt: string; readonly tags: Readonly<Record<string, string>> },
  ): Promise<{ readonly outcome: "put"; readonly version: string } | VaultRefusal>;
  get(
    name: string,
    version: string,
  ): Promise<
    | { readonly outcome: "read"; readonly value: Secret }
    /** No such version, or it is disabled. */
    | { readonly outcome: "gone"; readonly detail: string }
    | VaultRefusal
  >;
  versions(name: string): Promise<readonly SecretVersion[]>;
  /** A version nobody may read any more. Already gone is success. */
  disable(name: string, version: string): Promise<void>;
  /** Disables all versions, then deletes the secret (soft delete applies). Already gone is success. */
  remove(name: string): Promise<void>;
  /** Removes a deleted secret for good, where the vault allows it. Already gone is success. */
  purge(name: string): Promise<VaultEnd>;
  /** Replaces the tags of a version; one that is gone is success. */
  tag(name: string, version: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** May we read and write secrets? Tried on one that is not there, so nothing is changed. */
  access(): Promise<{ readonly outcome: "usable" } | VaultRefusal>;
  /** Can the vault be reached with our identity? For the health answer; never throws. */
  reachable(): Promise<boolean>;
}
/** No right (RBAC or access policy), the vault's network rules, or a policy about secrets' contents and lifetimes. */
export type VaultRefusal = Refused<"forbidden"> | Refused<"firewall"> | Refused<"policy">;
export type SecretVersion = {
  readonly version: string;
  readonly enabled: boolean;
  readonly expiresAt: string | null;
  readonly tags: Readonly<Record<string, string>>;
};

/** Azure Kubernetes Service. */
export interface Clusters {
  get(cluster: InTenant): Promise<ClusterFacts | Unreadable>;
  /** AKS' own maintenance configurations of the cluster. */
  schedules(cluster: InTenant): Promise<Known<readonly AksSchedule[]>>;
  /**
   * Starts `resetServicePrincipalProfile`, which re-images every node. Never waits for it.
   * `operation` is the SDK poller's serialised state: addresses only, no secret (checked before it is returned).
   */
  setServicePrincipal(cluster: InTenant, clientId: string, secret: Secret): Promise<UpdateStarted>;
  /** Looks once at a started update. Refuses an operation whose address is not under our ARM endpoint. */
  followUpdate(cluster: InTenant, operation: string): Promise<UpdateProgress>;
}
export type UpdateStarted =
  | { readonly outcome: "started"; readonly operation: string }
  /** 409: another operation runs on the cluster. Waiting cures it. */
  | Refused<"busy">
  /** No cores or addresses for a surge node, or a pod that may not be evicted: others' doings, which change. */
  | Refused<"cannotNow">
  /** 409 `ScopeLocked`: a person has to remove the lock. */
  | Refused<"locked">
  /** AKS could not sign in with the credential: AADSTS7000215 or 7000222. */
  | Refused<"credentialRefused">
  /** AKS does not know the service principal (yet): AADSTS700016, 7000229, `ServicePrincipalNotFound` and the like. */
  | Refused<"principalUnknown">
  /** Our identity lacks a right, on the cluster or on what it names (`LinkedAuthorizationFailed`). */
  | Refused<"forbidden">
  | Refused<"refused">;
export type UpdateProgress =
  | { readonly outcome: "running" }
  | { readonly outcome: "succeeded" }
  | Refused<"failed">
  /** AKS ended the update because it could not sign in: like `credentialRefused` at the start. */
  | Refused<"credentialRefused">
  | Refused<"principalUnknown">
  /** The operation's address tells nothing (403, 404, an odd end): only the cluster itself can say how it went. */
  | Refused<"lost">;

/** Azure Container Registry, management side. */
export interface Registries {
  get(registry: InTenant): Promise<RegistryFacts | Unreadable>;
}

/** Azure RBAC. */
export interface Roles {
  /** What our identity may do at a scope. Azure does not show the conditions of its rights with them. */
  permissions(tenantId: string, scope: string): Promise<Known<readonly Permission[]>>;
  /** How our identity may assign roles at each of these places, in their order; all are of one subscription. */
  assignConditions(tenantId: string, places: readonly string[]): Promise<readonly Known<AssignConditions>[]>;
  /** What forbids it there all the same, in the same order. */
  denials(tenantId: string, places: readonly string[]): Promise<readonly Known<readonly Denial[]>[]>;
  /** PUT under a name derived from the triple. Always `principalType: ServicePrincipal`. */
  assign(tenantId: string, assignment: NewAssignment): Promise<Assigned>;
  /** Every assignment of exactly this principal and role at exactly this scope, whatever its name and condition. */
  find(tenantId: string, wanted: AssignmentKey): Promise<readonly Assignment[]>;
  /**
   * Every assignment of these principals (one and its groups) that our identity can see: in all subscriptions, and above
   * them. `near`: subscriptions that are always read themselves, since the index over many of them lags. `seen`: the
   * subscriptions that were looked at; `hidden`: those in which our identity may not read roles.
   */
  assignmentsOf(tenantId: string, principalIds: readonly string[], near?: readonly string[]): Promise<AssignmentsSeen>;
  /** A role by the id of its definition. */
  role(tenantId: string, roleDefinitionId: string): Promise<Known<Role>>;
  /** Locks in force at a resource: its own and those above. */
  locks(tenantId: string, scope: InTenant): Promise<Known<readonly Lock[]>>;
  /** Already gone is success. */
  remove(tenantId: string, assignmentId: string): Promise<Removal | Refused<"locked"> | Refused<"forbidden">>;
}
export type AssignmentsSeen = {
  readonly assignments: readonly Assignment[];
  readonly seen: readonly string[];
  readonly hidden: readonly string[];
};
export type NewAssignment = {
  /** GUID. */
  readonly name: string;
  readonly scope: string;
  /** GUID of the role definition, or its full id. */
  readonly roleId: string;
  readonly principalId: string;
  readonly condition?: Condition;
};
export type AssignmentKey = Pick<NewAssignment, "scope" | "principalId" | "roleId">;
export type Assigned =
  /** The same role, scope, principal and condition; what is ours has our name at the end of `id`. */
  | { readonly outcome: "assigned"; readonly id: string }
  /** Another assignment of the same role, scope and principal stands in the way, with another condition. */
  | { readonly outcome: "otherCondition"; readonly assignment: Assignment }
  /** The principal has not reached the role service's replica yet, or does not exist. */
  | Refused<"principalNotFound">
  | Refused<"locked">
  /** 4,000 assignments a subscription. */
  | Refused<"limit">
  /** A deny assignment, or Azure Policy. */
  | Refused<"denied">
  | Refused<"forbidden">
  /** For something else: a subscription that is disabled, a condition that Azure does not take. */
  | Refused<"refused">;

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
  /** Tag or digest; null proves only the right to pull (with `named`: and that the repository is there). */
  readonly reference: string | null;
  /** The repository was named by a person, so it has to be there. */
  readonly named: boolean;
};
/** Where a pull ended, in the order a pull goes. */
export type PullStage = "registryToken" | "accessList" | "repository" | "manifest" | "blob" | "network";
export type PullAnswer =
  | {
      readonly outcome: "pulled";
      readonly digest: string | null;
      /** The host one blob came from, through its redirect; null when no manifest was asked for. */
      readonly blobHost: string | null;
    }
  | {
      readonly outcome: "refused";
      readonly stage: PullStage;
      /** HTTP status, 0 when there was no answer. */
      readonly status: number;
      readonly detail: string;
      /** `time`: waiting may cure it (no answer, a role on its way); `person`: it stays so until somebody acts. */
      readonly curedBy: "time" | "person";
      /** The registry says that it has no such image, or repository. */
      readonly missing?: true;
    };
