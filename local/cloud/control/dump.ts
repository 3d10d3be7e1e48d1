import type { Tenants } from "../entra/directory.ts";
import type { Application, Deleted, Grant, ServicePrincipal } from "../entra/state.ts";

export interface DirectoryDump {
  readonly tenants: readonly {
    readonly id: string;
    readonly name: string;
    readonly applications: readonly object[];
    readonly servicePrincipals: readonly object[];
    readonly grants: readonly Grant[];
    readonly deletedItems: readonly object[];
  }[];
}

/** Everything Entra knows, by tenant; of a password its keyId, hint and dates, never its value. */
export function directoryDump(tenants: Tenants): DirectoryDump {
  return {
    tenants: tenants.tenants.map(({ id, name }) => ({
      id,
      name,
      applications: tenants
        .applications()
        .filter(({ tenantId }) => tenantId === id)
        .map(shownApplication),
      servicePrincipals: tenants
        .principals()
        .filter(({ tenantId }) => tenantId === id)
        .map((principal) => shownPrincipal(principal, tenants.applicationByAppId(principal.appId))),
      grants: tenants.grants().filter(({ tenantId }) => tenantId === id),
      deletedItems: tenants
        .deletedItems()
        .filter(({ object }) => object.tenantId === id)
        .map(shownDeleted),
    })),
  };
}

/** What can still be restored, and still counts. */
function shownDeleted(deleted: Deleted): object {
  const { id, appId, displayName } = deleted.object;
  const uniqueName = deleted.kind === "application" ? deleted.object.uniqueName : undefined;
  return {
    kind: deleted.kind,
    id,
    appId,
    displayName,
    ...(uniqueName && { uniqueName }),
    deletedAt: new Date(deleted.deletedAt).toISOString(),
  };
}

function shownApplication(application: Application): object {
  const { id, appId, displayName, uniqueName, signInAudience, identifierUris, redirectUris, passwords } = application;
  return {
    id,
    appId,
    displayName,
    signInAudience,
    identifierUris,
    redirectUris,
    ...(uniqueName && { uniqueName }),
    owners: application.owners,
    federatedCredentials: application.federatedCredentials,
    passwordCredentials: passwords.map(({ keyId, displayName: label, hint, startDateTime, endDateTime }) => ({
      keyId,
      displayName: label,
      hint,
      startDateTime,
      endDateTime,
    })),
  };
}

function shownPrincipal(principal: ServicePrincipal, application: Application | undefined): object {
  const { id, appId, displayName, kind, accountEnabled, appRoles } = principal;
  return {
    id,
    appId,
    displayName,
    kind,
    accountEnabled,
    appRoles,
    ...(application && { appOwnerOrganizationId: application.tenantId }),
  };
}
