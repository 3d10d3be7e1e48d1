import type { Tenants } from "../entra/directory.ts";
import type { Application, ServicePrincipal } from "../entra/state.ts";
import type { Replicas } from "./replicas.ts";

/**
 * The directory as one replica or another sees it: new applications and service principals are not found for a while by
 * their ids. Lists and changes go to the truth, so that nothing is made twice.
 */
export function asGraphSees(tenants: Tenants, replicas: Replicas): Tenants {
  const application = (found: Application | undefined): Application | undefined =>
    found && replicas.know("application", found.id, Date.parse(found.createdDateTime)) ? found : undefined;
  const principal = (found: ServicePrincipal | undefined): ServicePrincipal | undefined =>
    found && replicas.know("servicePrincipal", found.id, Date.parse(found.createdDateTime)) ? found : undefined;
  return {
    ...tenants,
    applicationById: (id) => application(tenants.applicationById(id)),
    applicationByAppId: (appId) => application(tenants.applicationByAppId(appId)),
    principalById: (id) => principal(tenants.principalById(id)),
    principalByAppId: (tenantId, appId) => principal(tenants.principalByAppId(tenantId, appId)),
  };
}

/** What sign-in sees besides: a new password is unknown for a while, and a removed one goes on working. To read only. */
export function asSignInSees(tenants: Tenants, replicas: Replicas): Tenants {
  const seen = asGraphSees(tenants, replicas);
  return {
    ...seen,
    applicationByAppId: (appId) => {
      const found = seen.applicationByAppId(appId);
      if (!found || !replicas.settings().enabled) return found;
      const there = found.passwords.filter((one) => replicas.know("secret", one.keyId, one.acceptedFrom));
      const stillThere = (found.removedPasswords ?? []).filter(
        ({ password, removedAt }) => !replicas.know("secretRemoval", password.keyId, removedAt),
      );
      return { ...found, passwords: [...there, ...stillThere.map(({ password }) => password)] };
    },
  };
}
