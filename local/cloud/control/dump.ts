import type { Replicas } from "../consistency/replicas.ts";
import type { Tenants } from "../entra/directory.ts";
import type { AppManagementPolicy, Application, Deleted, Grant, Password, ServicePrincipal } from "../entra/state.ts";
import { policyOf } from "../graph/policyModel.ts";
import { quotasIn, type QuotaUse } from "../graph/quota.ts";
import { fingerprint } from "../kit/fingerprint.ts";
import type { Life } from "../kit/life.ts";

type Known = Pick<Replicas, "knownAt">;

export interface DirectoryDump {
  readonly tenants: readonly {
    readonly id: string;
    readonly name: string;
    readonly applications: readonly object[];
    readonly servicePrincipals: readonly object[];
    readonly grants: readonly Grant[];
    readonly deletedItems: readonly object[];
    readonly groups: readonly { readonly id: string; readonly members: readonly string[] }[];
    readonly appManagementPolicy: AppManagementPolicy;
    readonly quotas: readonly QuotaUse[];
  }[];
}

/** Everything Entra knows, by tenant; of a password its keyId, hint, fingerprint and dates, never its value. */
export function directoryDump(tenants: Tenants, replicas: Known, life: Life): DirectoryDump {
  return {
    tenants: tenants.tenants.map(({ id, name }) => ({
      id,
      name,
      applications: tenants
        .applications()
        .filter(({ tenantId }) => tenantId === id)
        .map((application) => shownApplication(application, replicas)),
      servicePrincipals: tenants
        .principals()
        .filter(({ tenantId }) => tenantId === id)
        .map((principal) => shownPrincipal(principal, tenants.applicationByAppId(principal.appId), replicas)),
      grants: tenants.grants().filter(({ tenantId }) => tenantId === id),
      deletedItems: tenants
        .deletedItems()
        .filter(({ object }) => object.tenantId === id)
        .map(shownDeleted),
      groups: tenants
        .groups()
        .filter(({ tenantId }) => tenantId === id)
        .map((group) => ({ id: group.id, members: group.members })),
      appManagementPolicy: policyOf({ tenants, life }, id),
      quotas: quotasIn(id, { tenants, life }),
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

function shownApplication(application: Application, replicas: Known): object {
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
    passwordCredentials: passwords.map((password) => shownPassword(password, replicas)),
  };
}

function shownPassword(password: Password, { knownAt }: Known): object {
  const { keyId, displayName, hint, startDateTime, endDateTime, value, acceptedFrom } = password;
  return {
    keyId,
    displayName,
    hint,
    startDateTime,
    endDateTime,
    secretFingerprint: fingerprint(value),
    knownAt: new Date(knownAt("secret", keyId, acceptedFrom)).toISOString(),
  };
}

function shownPrincipal(principal: ServicePrincipal, application: Application | undefined, { knownAt }: Known): object {
  const { id, appId, displayName, kind, accountEnabled, appRoles, createdDateTime } = principal;
  const kinds = [principal.fromConsent ? "consent" : "principalAtSignIn", "principalInRoles"] as const;
  const known = kinds.map((kind) => knownAt(kind, id, Date.parse(createdDateTime)));
  return {
    id,
    appId,
    displayName,
    kind,
    accountEnabled,
    appRoles,
    createdDateTime,
    knownAt: new Date(Math.max(principal.knownFrom, ...known)).toISOString(),
    ...(application && { appOwnerOrganizationId: application.tenantId }),
  };
}
