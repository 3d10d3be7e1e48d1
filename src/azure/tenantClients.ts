/** What a tenant of Microsoft Entra is asked for. */
import type { CredentialPolicy, Known, PrincipalFacts, Unreadable } from "../domain/facts.ts";
import type { Password } from "../domain/passwords.ts";
import type { Secret } from "../domain/secret.ts";
import type { Instant } from "../domain/time.ts";
import type { Refused, Removal } from "./outcomes.ts";

/** Microsoft Entra's token endpoint, asked on behalf of a pull identity. */
export interface Entra {
  /** The address an administrator of `tenantId` opens to accept the application (v2.0 admin consent). */
  adminConsentUrl(request: ConsentRequest): string;
  /** The same decision by the address that Microsoft's document gives (v1 `oauth2/authorize`). */
  authorizeUrl(request: ConsentRequest): string;
  /** An app-only token for the container registry audience, from `tenantId`. A new credential every time: MSAL remembers failures. */
  pullToken(tenantId: string, clientId: string, secret: Secret): Promise<PullToken>;
  /**
   * Is the application known in `tenantId`, though no secret of it can be read? Asked with a made-up secret, which Entra
   * calls wrong only for an application that has a service principal there. Leaves a failed sign-in in that tenant's log.
   */
  knowsApplication(tenantId: string, clientId: string): Promise<"there" | "missing" | "unknown">;
  /** The same for our own identity: it may see less of a registry than a pull identity will. */
  ourToken(tenantId: string): Promise<PullToken>;
}
export type ConsentRequest = {
  readonly tenantId: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
};
export type PullToken =
  | { readonly outcome: "issued"; readonly token: Secret; readonly tenantId: string; readonly objectId: string }
  /** AADSTS700016, 7000229, 65001: no service principal there (yet). Says nothing about the secret. */
  | Refused<"noPrincipal">
  /** AADSTS7000215: wrong, or too young to have reached every replica. */
  | Refused<"secretRefused">
  /** AADSTS7000222. */
  | Refused<"secretExpired">
  /** AADSTS500011: the container registry service itself has no service principal in that tenant. */
  | Refused<"noRegistryService">
  /** Everything a wait cannot cure: disabled, conditional access, unknown tenant, other cloud. */
  | Refused<"refused">;

/** Applications and service principals, through Microsoft Graph. */
export interface Directory {
  /**
   * Upsert by `uniqueName`: multitenant, instance lock on, asks for `User.Read` only. A deleted application that keeps
   * the name is restored, with the passwords it had, so that the name is usable again.
   */
  putApplication(tenantId: string, application: NewApplication): Promise<PutApplication>;
  /** Graph makes no service principal by itself. One that exists is success. */
  putServicePrincipal(tenantId: string, appId: string): Promise<PutPrincipal>;
  findServicePrincipal(tenantId: string, appId: string): Promise<PrincipalFacts | Unreadable>;
  /**
   * Object ids of the groups a principal is in, also through other groups; who may see its own groups alone sees those.
   * `unseen`: what our rights do not show, in words; null where they show all.
   */
  groupsOf(tenantId: string, principalId: string): Promise<Groups>;
  /**
   * Passwords alone: a certificate may bear the same key id, and is another thing. `orNone`: an application that is not
   * there has none; else it is taken for one that this replica does not see yet.
   */
  listPasswords(
    tenantId: string,
    applicationObjectId: string,
    when?: { readonly orNone: boolean },
  ): Promise<PasswordList>;
  /** The service principal's own, which sign in in its own tenant only and stand in no list of the application. */
  listPrincipalPasswords(tenantId: string, appId: string): Promise<readonly Password[]>;
  /**
   * Not idempotent. After a lost answer (500, 503, 504, a cut connection: TransientError, never repeated here) the
   * password may be there, its value lost. What is answered counts, not what was asked for: Graph has been seen to pass
   * over names and dates. No start is sent: one that is past by the directory's clock is refused.
   */
  addPassword(
    tenantId: string,
    applicationObjectId: string,
    password: { readonly displayName: string; readonly expiresAt: string },
  ): Promise<
    | { readonly outcome: "added"; readonly keyId: string; readonly value: Secret; readonly expiresAt: string }
    | Refused<"forbidden">
    /** An app-management policy forbids passwords. */
    | Refused<"policy">
    /** An app-management policy forbids so long a life. */
    | Refused<"tooLong">
    /** The end is not after now by the clock of whoever answered. */
    | Refused<"dates">
  >;
  removePassword(tenantId: string, applicationObjectId: string, keyId: string): Promise<Removal>;
  /** Deletes and purges the application, with its service principal in the home tenant: the name is free afterwards. */
  deleteApplication(tenantId: string, applicationObjectId: string): Promise<Removal>;
  /** Graph application permissions of our identity in the tenant (`Application.ReadWrite.OwnedBy`), as its token names them. */
  ourPermissions(tenantId: string): Promise<Known<readonly string[]> | Unreadable>;
  /** How many objects our identity has made in the tenant, deleted ones included. */
  objectsMade(tenantId: string): Promise<Known<number>>;
  /** Has our identity a directory role in the tenant? The limit of objects does not hold for one that has. */
  hasDirectoryRole(tenantId: string): Promise<Known<boolean>>;
  credentialPolicy(tenantId: string): Promise<Known<CredentialPolicy>>;
}
export type Groups = { readonly ids: readonly string[]; readonly unseen: string | null };
export type NewApplication = {
  readonly uniqueName: string;
  readonly displayName: string;
  readonly redirectUris: readonly string[];
};
export type PutApplication =
  | { readonly outcome: "put"; readonly appId: string; readonly objectId: string }
  | Refused<"forbidden">
  /** 250 objects for each creator without a directory role, deleted ones included. */
  | Refused<"quotaExceeded">
  /** A policy of the tenant forbids multitenant applications. */
  | Refused<"policy">;
export type PutPrincipal =
  { readonly outcome: "put"; readonly objectId: string } | Refused<"forbidden"> | Refused<"quotaExceeded">;
/** `readAt`: by the clock of the directory; by ours where its answer does not say. */
export type PasswordList = { readonly passwords: readonly Password[]; readonly readAt: Instant };
