import type { Tenants } from "../entra/directory.ts";
import { firstParty, microsoftTenantId } from "../entra/firstParty.ts";
import { graphAppId, graphPermissions } from "../entra/permissions.ts";
import type { Application, Group, Password, ServicePrincipal } from "../entra/state.ts";

/** A password as Graph shows it: its value only in the answer that made it. */
export function shownPassword(password: Password, secretText: string | null): Record<string, unknown> {
  const { displayName, endDateTime, hint, keyId, startDateTime } = password;
  return { customKeyIdentifier: null, displayName, endDateTime, hint, keyId, secretText, startDateTime };
}

export function shownApplication(application: Application, domain: string): Record<string, unknown> {
  const { id, appId, displayName, createdDateTime, signInAudience, identifierUris, tags, passwords } = application;
  const { web, api, ...other } = application.other;
  return {
    id,
    deletedDateTime: null,
    appId,
    createdDateTime,
    displayName,
    description: null,
    notes: null,
    publisherDomain: domain,
    uniqueName: application.uniqueName ?? null,
    signInAudience,
    identifierUris,
    tags,
    addIns: [],
    servicePrincipalLockConfiguration: null,
    ...other,
    api: {
      acceptMappedClaims: null,
      knownClientApplications: [],
      oauth2PermissionScopes: [],
      preAuthorizedApplications: [],
      ...(api as object | undefined),
      requestedAccessTokenVersion: application.requestedAccessTokenVersion,
    },
    appRoles: application.appRoles.map((role) => ({
      ...role,
      allowedMemberTypes: ["Application"],
      description: role.displayName,
      isEnabled: true,
      origin: "Application",
    })),
    keyCredentials: [],
    passwordCredentials: passwords.map((password) => shownPassword(password, null)),
    requiredResourceAccess: application.requiredResourceAccess,
    web: {
      homePageUrl: null,
      logoutUrl: null,
      implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false },
      ...(web as object | undefined),
      redirectUris: application.redirectUris,
    },
  };
}

export function shownPrincipal(principal: ServicePrincipal, tenants: Tenants): Record<string, unknown> {
  const { id, appId, displayName, accountEnabled, kind, passwords = [] } = principal;
  const application = tenants.applicationByAppId(appId) ?? tenants.lastDeletedApplication(appId)?.object;
  const microsofts = firstParty(appId);
  return {
    id,
    deletedDateTime: null,
    accountEnabled,
    alternativeNames: [],
    appDisplayName: application?.displayName ?? microsofts?.displayName ?? null,
    appId,
    appOwnerOrganizationId: application?.tenantId ?? (microsofts ? microsoftTenantId : null),
    appRoleAssignmentRequired: false,
    displayName,
    servicePrincipalNames: microsofts?.names ?? [appId, ...(application?.identifierUris ?? [])],
    servicePrincipalType: kind,
    signInAudience: application?.signInAudience ?? (microsofts ? "AzureADMultipleOrgs" : null),
    replyUrls: application?.redirectUris ?? [],
    tags: [],
    keyCredentials: [],
    passwordCredentials: passwords.map((password) => shownPassword(password, null)),
    ...(appId === graphAppId && graphsPermissions),
  };
}

/** How clients learn the ids of Graph's permissions. */
const graphsPermissions = {
  appRoles: graphPermissions
    .filter(({ type }) => type === "Role")
    .map(({ id, value, words }) => ({
      id,
      value,
      displayName: words,
      description: words,
      allowedMemberTypes: ["Application"],
      isEnabled: true,
      origin: "Application",
    })),
  oauth2PermissionScopes: graphPermissions
    .filter(({ type }) => type === "Scope")
    .map(({ id, value, words }) => ({
      id,
      value,
      type: "User",
      adminConsentDisplayName: words,
      adminConsentDescription: words,
      userConsentDisplayName: words,
      userConsentDescription: words,
      isEnabled: true,
    })),
};

export function shownGroup({
  id,
  displayName,
  description,
  mailNickname,
  createdDateTime,
}: Group): Record<string, unknown> {
  return {
    id,
    deletedDateTime: null,
    createdDateTime,
    description,
    displayName,
    groupTypes: [],
    mail: null,
    mailEnabled: false,
    mailNickname,
    proxyAddresses: [],
    securityEnabled: true,
    visibility: null,
  };
}
