import { inClockMs } from "../kit/clock.ts";
import { removePrincipal } from "./deleted.ts";
import { firstParty, firstPartyPrincipal } from "./firstParty.ts";
import { nameOf, principalKey, same, type Held, type HeldNeeds } from "./held.ts";
import { declaredPermissions } from "./permissions.ts";
import type { Application, Grant, ServicePrincipal } from "./state.ts";

export interface Principals {
  principals(): readonly ServicePrincipal[];
  principalByAppId(tenantId: string, appId: string): ServicePrincipal | undefined;
  principalById(objectId: string): ServicePrincipal | undefined;
  /** The one there is, or a new one, which `createdBy` then owns. */
  putPrincipal(tenantId: string, application: Application, createdBy: string): ServicePrincipal;
  /** Of an application of Microsoft's. */
  putFirstParty(tenantId: string, appId: string): ServicePrincipal;
  putManagedIdentity(tenantId: string, objectId: string, name: string): void;
  removePrincipal(principal: ServicePrincipal): void;
  grants(): readonly Grant[];
  /** Accepts for the whole tenant what the application declares; makes its service principal there. */
  grant(tenantId: string, application: Application): Grant;
}

export function principalsOf(held: Held, needs: HeldNeeds): Principals {
  const { clock } = needs;
  const add = (made: ServicePrincipal): ServicePrincipal => {
    held.state.servicePrincipals.set(made.id, made);
    held.index.principals.set(principalKey(made.tenantId, made.appId), made);
    return made;
  };
  const put = (tenantId: string, application: Application, origin: Origin): ServicePrincipal =>
    held.index.principals.get(principalKey(tenantId, application.appId)) ??
    add(newPrincipal(tenantId, application, origin, needs));
  return {
    putPrincipal: (tenantId, application, createdBy) => put(tenantId, application, { createdBy }),
    putFirstParty: (tenantId, appId) => {
      const displayName = firstParty(appId)?.displayName ?? appId;
      return add(firstPartyPrincipal(tenantId, { appId, displayName }, clock.now()));
    },
    putManagedIdentity: (tenantId, objectId, name) => {
      if (held.state.servicePrincipals.has(objectId)) return;
      add(identityPrincipal(objectId, tenantId, needs.ids.next("managedIdentity", name), name, clock.now()));
    },
    principals: () => [...held.state.servicePrincipals.values()],
    principalByAppId: (tenantId, appId) => held.index.principals.get(principalKey(tenantId, appId)),
    principalById: (objectId) => held.state.servicePrincipals.get(objectId.toLowerCase()),
    removePrincipal: (principal) => removePrincipal(held, needs, principal),
    grants: () => held.state.grants,
    grant: (tenantId, application) => {
      const principal = put(tenantId, application, { fromConsent: true });
      const { scopes, roles } = declaredPermissions(application);
      const had = new Set(principal.appRoles.map(({ value }) => value));
      principal.appRoles = [...principal.appRoles, ...roles.filter(({ value }) => !had.has(value))];
      const { appId } = application;
      const grant = { tenantId, appId, scopes, acceptedAt: new Date(clock.now()).toISOString() };
      const others = held.state.grants.filter((old) => old.tenantId !== tenantId || !same(old.appId, appId));
      held.state.grants = [...others, grant];
      return grant;
    },
  };
}

type Origin = { readonly createdBy: string } | { readonly fromConsent: true };

function newPrincipal(
  tenantId: string,
  application: Application,
  origin: Origin,
  { clock, timings, ids }: HeldNeeds,
): ServicePrincipal {
  return {
    id: ids.next("servicePrincipal", `${tenantId} ${nameOf(application)}`),
    tenantId,
    appId: application.appId,
    displayName: application.displayName,
    kind: "Application",
    createdDateTime: new Date(clock.now()).toISOString(),
    ...origin,
    owners: "createdBy" in origin ? [origin.createdBy] : [],
    accountEnabled: true,
    directoryRoles: [],
    knownFrom: clock.now() + inClockMs(timings, timings.principalReplicationInSeconds),
    appRoles: [],
  };
}

/** Of a managed identity: nobody owns it. */
export function identityPrincipal(
  id: string,
  tenantId: string,
  appId: string,
  name: string,
  now: number,
): ServicePrincipal {
  return {
    id,
    tenantId,
    appId,
    displayName: name,
    kind: "ManagedIdentity",
    owners: [],
    directoryRoles: [],
    accountEnabled: true,
    createdDateTime: new Date(now).toISOString(),
    knownFrom: now,
    appRoles: [],
  };
}
