import { kubeletIdentityOf, type Estate, type EstateApplication, type EstateGroup } from "../estates/estate.ts";
import { identityPrincipal } from "./principals.ts";
import type { IdMaker } from "../kit/ids.ts";
import { firstPartyPrincipals } from "./firstParty.ts";
import { graphAppId } from "./permissions.ts";
import { twoYearsInMs, type Application, type EntraState, type Group, type ServicePrincipal } from "./state.ts";

/** The state an estate starts with. `issuerOf`: issuer of v2 tokens of a tenant. */
export function stateFrom(
  estate: Estate,
  now: number,
  issuerOf: (tenantId: string) => string,
  ids: IdMaker,
): EntraState {
  const managedIdentities = estate.managedIdentities.map((identity) => ({
    ...identity,
    resourceId:
      `/subscriptions/${identity.subscriptionId}/resourcegroups/${identity.resourceGroup}` +
      `/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${identity.name}`,
  }));
  const applications = estate.applications.map((one) => applicationFrom(one, estate, now, issuerOf, ids));
  const principals = [
    ...estate.applications.flatMap((one) => principalsOf(one, now)),
    ...managedIdentities.map(({ objectId, tenantId, clientId, name }) =>
      identityPrincipal(objectId, tenantId, clientId, name, now),
    ),
    ...clusterIdentities(estate, now, ids),
    ...firstPartyPrincipals(
      estate.tenants.map(({ id }) => id),
      tenantsOf(estate.registries, estate),
      now,
    ),
  ];
  return {
    tenants: estate.tenants,
    applications: new Map(applications.map((one) => [one.id, one])),
    servicePrincipals: new Map(principals.map((one) => [one.id, one])),
    groups: new Map(estate.groups.map((one) => [one.objectId, groupFrom(one, now)])),
    policies: new Map(),
    deleted: new Map(),
    grants: [],
    managedIdentities,
    sparedTenants: [estate.clusters[0], estate.registries[0]].flatMap((one) => (one ? tenantsOf([one], estate) : [])),
  };
}

function tenantsOf(resources: readonly { readonly subscriptionId: string }[], estate: Estate): string[] {
  const ids = new Set(resources.map(({ subscriptionId }) => subscriptionId));
  return [...new Set(estate.subscriptions.filter(({ id }) => ids.has(id)).map(({ tenantId }) => tenantId))];
}

function applicationFrom(
  one: EstateApplication,
  estate: Estate,
  now: number,
  issuerOf: (tenantId: string) => string,
  ids: IdMaker,
): Application {
  const startDateTime = new Date(now).toISOString();
  return {
    id: one.objectId,
    appId: one.appId,
    tenantId: one.tenantId,
    displayName: one.displayName,
    signInAudience: one.signInAudience,
    identifierUris: one.identifierUris,
    redirectUris: one.redirectUris,
    appRoles: one.appRoles,
    requestedAccessTokenVersion: one.requestedAccessTokenVersion,
    tags: [],
    requiredResourceAccess: [],
    other: {},
    owners: [],
    createdDateTime: startDateTime,
    passwords: one.secrets.map(({ value, keyId, displayName: label, expiresAt }) => ({
      keyId: keyId ?? ids.next("password", one.key),
      displayName: label ?? null,
      startDateTime,
      endDateTime: expiresAt ?? new Date(now + twoYearsInMs).toISOString(),
      hint: value.slice(0, 3),
      value,
      madeAt: now,
      acceptedFrom: now,
    })),
    federatedCredentials: one.federatedCredentials.flatMap(({ name, managedIdentity, audiences }) => {
      const trusted = estate.managedIdentities.find((identity) => identity.name === managedIdentity);
      if (!trusted) return [];
      return [
        {
          id: ids.next("federatedCredential", one.key),
          name,
          issuer: issuerOf(trusted.tenantId),
          subject: trusted.objectId,
          audiences,
        },
      ];
    }),
  };
}

function principalsOf(application: EstateApplication, now: number): ServicePrincipal[] {
  return application.servicePrincipals.map(({ tenantId, objectId, appRoles, directoryRoles }) => ({
    id: objectId,
    tenantId,
    appId: application.appId,
    displayName: application.displayName,
    kind: "Application",
    createdDateTime: new Date(now).toISOString(),
    owners: [],
    accountEnabled: true,
    knownFrom: now,
    directoryRoles: directoryRoles ?? [],
    appRoles: appRoles.map(({ resource, role }) => ({
      resourceAppId: resource === "graph" ? graphAppId : resource,
      value: role,
    })),
  }));
}

function clusterIdentities(estate: Estate, now: number, ids: IdMaker): ServicePrincipal[] {
  return estate.clusters.flatMap((cluster) => {
    const { name, subscriptionId, identity } = cluster;
    const tenantId = estate.subscriptions.find(({ id }) => id === subscriptionId)?.tenantId;
    if (identity.kind !== "managedIdentity" || !tenantId) return [];
    const kubelet = kubeletIdentityOf(cluster);
    return [
      identityPrincipal(identity.objectId, tenantId, ids.next("managedIdentity", name), name, now),
      ...(kubelet ? [identityPrincipal(kubelet.objectId, tenantId, kubelet.clientId, `${name}-agentpool`, now)] : []),
    ];
  });
}

function groupFrom({ objectId, tenantId, displayName, members }: EstateGroup, now: number): Group {
  return {
    id: objectId,
    tenantId,
    displayName,
    description: null,
    mailNickname: displayName.replace(/[^a-z0-9-]/gi, ""),
    createdDateTime: new Date(now).toISOString(),
    members,
  };
}
