import type { Tenants } from "../entra/directory.ts";
import type { Application, Password, ServicePrincipal } from "../entra/state.ts";

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
    ...{ signInAudience, identifierUris, tags },
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
      ...{ allowedMemberTypes: ["Application"], description: role.displayName, isEnabled: true, origin: "Application" },
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
  const application = tenants.applicationByAppId(principal.appId);
  const { id, appId, displayName, accountEnabled, kind } = principal;
  return {
    id,
    deletedDateTime: null,
    accountEnabled,
    alternativeNames: [],
    appDisplayName: application?.displayName ?? null,
    appId,
    appOwnerOrganizationId: application?.tenantId ?? null,
    appRoleAssignmentRequired: false,
    displayName,
    servicePrincipalNames: [appId, ...(application?.identifierUris ?? [])],
    servicePrincipalType: kind,
    signInAudience: application?.signInAudience ?? null,
    replyUrls: application?.redirectUris ?? [],
    tags: [],
    keyCredentials: [],
    passwordCredentials: [],
  };
}
