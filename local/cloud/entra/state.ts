import { randomUUID } from "node:crypto";
import type { Estate, EstateApplication } from "../estates/estate.ts";
import { graphAppId } from "./permissions.ts";

export interface Password {
  readonly keyId: string;
  readonly displayName: string | null;
  readonly startDateTime: string;
  readonly endDateTime: string;
  /** The first three characters of the value. */
  readonly hint: string;
  /** Stays in this process: shown once by Graph, never logged or dumped. */
  readonly value: string;
  /** Clock time from which the token endpoint accepts it. */
  readonly acceptedFrom: number;
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
  passwords: readonly Password[];
  /** Slow replicas go on accepting these for a while. */
  removedPasswords?: readonly { readonly password: Password; readonly removedAt: number }[];
  federatedCredentials: readonly FederatedCredential[];
}

export interface ServicePrincipal {
  readonly id: string;
  readonly tenantId: string;
  readonly appId: string;
  readonly displayName: string;
  readonly kind: "Application" | "ManagedIdentity";
  readonly createdDateTime: string;
  readonly owners: readonly string[];
  accountEnabled: boolean;
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

/** Everything Entra and Graph know. Plain data; the functions around it hold the rules. */
export interface EntraState {
  readonly tenants: readonly { readonly id: string; readonly name: string; readonly domain: string }[];
  applications: Map<string, Application>;
  servicePrincipals: Map<string, ServicePrincipal>;
  grants: Grant[];
  readonly managedIdentities: readonly ManagedIdentity[];
}

/** The state an estate starts with. `issuerOf`: issuer of v2 tokens of a tenant. */
export function stateFrom(estate: Estate, now: number, issuerOf: (tenantId: string) => string): EntraState {
  const managedIdentities = estate.managedIdentities.map((identity) => ({
    ...identity,
    resourceId:
      `/subscriptions/${identity.subscriptionId}/resourcegroups/${identity.resourceGroup}` +
      `/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${identity.name}`,
  }));
  const applications = estate.applications.map((one) => applicationFrom(one, estate, now, issuerOf));
  const principals = [
    ...estate.applications.flatMap((one) => principalsOf(one, now)),
    ...managedIdentities.map(({ objectId, tenantId, clientId, name }) =>
      identityPrincipal(objectId, tenantId, clientId, name, now),
    ),
    ...clusterIdentities(estate, now),
  ];
  return {
    tenants: estate.tenants,
    applications: new Map(applications.map((one) => [one.id, one])),
    servicePrincipals: new Map(principals.map((one) => [one.id, one])),
    grants: [],
    managedIdentities,
  };
}

function applicationFrom(
  one: EstateApplication,
  estate: Estate,
  now: number,
  issuerOf: (tenantId: string) => string,
): Application {
  const { appId, objectId: id, tenantId, displayName, signInAudience, identifierUris, redirectUris, appRoles } = one;
  const { requestedAccessTokenVersion } = one;
  const startDateTime = new Date(now).toISOString();
  return {
    ...{ id, appId, tenantId, displayName, signInAudience, identifierUris, redirectUris, appRoles },
    ...{ requestedAccessTokenVersion, tags: [], requiredResourceAccess: [], other: {}, owners: [] },
    createdDateTime: startDateTime,
    passwords: one.secrets.map(({ value, keyId, displayName: label, expiresAt }) => ({
      keyId: keyId ?? randomUUID(),
      displayName: label ?? null,
      startDateTime,
      endDateTime: expiresAt ?? new Date(now + twoYearsInMs).toISOString(),
      hint: value.slice(0, 3),
      value,
      acceptedFrom: now,
    })),
    federatedCredentials: one.federatedCredentials.flatMap(({ name, managedIdentity, audiences }) => {
      const trusted = estate.managedIdentities.find((identity) => identity.name === managedIdentity);
      if (!trusted) return [];
      return [{ id: randomUUID(), name, issuer: issuerOf(trusted.tenantId), subject: trusted.objectId, audiences }];
    }),
  };
}

function principalsOf(application: EstateApplication, now: number): ServicePrincipal[] {
  return application.servicePrincipals.map(({ tenantId, objectId, appRoles }) => ({
    id: objectId,
    tenantId,
    appId: application.appId,
    displayName: application.displayName,
    kind: "Application",
    createdDateTime: new Date(now).toISOString(),
    owners: [],
    accountEnabled: true,
    knownFrom: now,
    appRoles: appRoles.map(({ resource, role }) => ({
      resourceAppId: resource === "graph" ? graphAppId : resource,
      value: role,
    })),
  }));
}

function clusterIdentities(estate: Estate, now: number): ServicePrincipal[] {
  return estate.clusters.flatMap(({ name, subscriptionId, identity }) => {
    const tenantId = estate.subscriptions.find(({ id }) => id === subscriptionId)?.tenantId;
    if (identity.kind !== "managedIdentity" || !tenantId) return [];
    return [identityPrincipal(identity.objectId, tenantId, randomUUID(), name, now)];
  });
}

function identityPrincipal(id: string, tenantId: string, appId: string, name: string, now: number): ServicePrincipal {
  return {
    ...{ id, tenantId, appId, displayName: name, kind: "ManagedIdentity", owners: [], accountEnabled: true },
    ...{ createdDateTime: new Date(now).toISOString(), knownFrom: now, appRoles: [] },
  };
}

/** What Graph gives a password whose end nobody named. */
export const twoYearsInMs = 2 * 365.25 * 24 * 60 * 60_000;
