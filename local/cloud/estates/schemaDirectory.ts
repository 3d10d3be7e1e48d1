import { z } from "zod";
import { guid, instant, name } from "./schemaBasics.ts";

export const tenant = z.strictObject({ id: guid, name, domain: name });

const secret = z.strictObject({
  keyId: guid.optional(),
  displayName: name.optional(),
  value: z.string().min(16).max(64),
  /** Two years after the cloud's start, if absent. */
  expiresAt: instant.optional(),
});

const federatedCredential = z.strictObject({
  name,
  /** Name of the managed identity trusted; its tenant gives the issuer, its object id the subject. */
  managedIdentity: name,
  audiences: z.array(name).default(["api://AzureADTokenExchange"]),
});

export const grantedAppRole = z.strictObject({
  /** `graph`, or the appId of an application of this estate. */
  resource: z.union([z.literal("graph"), guid]),
  /** The role's value, e.g. `Application.ReadWrite.OwnedBy`. */
  role: name,
});

const servicePrincipal = z.strictObject({
  tenantId: guid,
  objectId: guid,
  appRoles: z.array(grantedAppRole).default([]),
  /** Of Entra: `Application Administrator`. Who has one may make any number of applications. */
  directoryRoles: z.array(name).optional(),
});

export const application = z.strictObject({
  /** How this file and the environment speak of it: `automation`, `api`, `operator` ... */
  key: name,
  appId: guid,
  objectId: guid,
  /** Home tenant. */
  tenantId: guid,
  displayName: name,
  signInAudience: z.enum(["AzureADMyOrg", "AzureADMultipleOrgs"]).default("AzureADMyOrg"),
  identifierUris: z.array(name).default([]),
  redirectUris: z.array(z.url()).default([]),
  /** 2: tokens for this application are v2 tokens, whose audience is the appId. */
  requestedAccessTokenVersion: z.union([z.literal(1), z.literal(2)]).default(1),
  appRoles: z.array(z.strictObject({ id: guid, value: name, displayName: name })).default([]),
  secrets: z.array(secret).default([]),
  federatedCredentials: z.array(federatedCredential).default([]),
  servicePrincipals: z.array(servicePrincipal).default([]),
});

/** User-assigned. `objectId` is its principal id, the subject of its tokens. */
export const managedIdentity = z.strictObject({
  tenantId: guid,
  name,
  clientId: guid,
  objectId: guid,
  subscriptionId: guid,
  resourceGroup: name,
});

/** A security group; roles given to it are given to its members, and to the members of groups in it. */
export const group = z.strictObject({
  objectId: guid,
  tenantId: guid,
  displayName: name,
  /** Object ids of service principals, managed identities and other groups of the tenant. */
  members: z.array(guid).default([]),
});
