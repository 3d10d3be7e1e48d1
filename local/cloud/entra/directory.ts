import { randomUUID } from "node:crypto";
import { lasting } from "../kit/clock.ts";
import type { Clock, Timings } from "../kit/contract.ts";
import { graphAppId, graphPermission } from "./permissions.ts";
import type { Application, EntraState, Grant, ManagedIdentity, ServicePrincipal } from "./state.ts";

/** Look-ups and changes shared by token endpoint, consent page and Graph. Ids match without regard to case. */
export interface Tenants {
  readonly tenants: EntraState["tenants"];
  readonly managedIdentities: readonly ManagedIdentity[];
  /** By id or verified domain. */
  tenant(idOrDomain: string): EntraState["tenants"][number] | undefined;
  applications(): readonly Application[];
  applicationByAppId(appId: string): Application | undefined;
  applicationById(objectId: string): Application | undefined;
  addApplication(application: Application): void;
  /** Takes its home service principal with it; those in other tenants stay, and cannot sign in any more. */
  removeApplication(application: Application): void;
  principals(): readonly ServicePrincipal[];
  principalByAppId(tenantId: string, appId: string): ServicePrincipal | undefined;
  principalById(objectId: string): ServicePrincipal | undefined;
  /** The one there is, or a new one. */
  putPrincipal(tenantId: string, application: Application, owners?: readonly string[]): ServicePrincipal;
  removePrincipal(principal: ServicePrincipal): void;
  grants(): readonly Grant[];
  /** Accepts for the whole tenant what the application declares; makes its service principal there. */
  grant(tenantId: string, application: Application): Grant;
  reset(): void;
}

export function tenantsOver(begin: () => EntraState, clock: Clock, timings: Timings): Tenants {
  let state = begin();
  let index = indexOf(state);

  const putPrincipal: Tenants["putPrincipal"] = (tenantId, application, owners = []) => {
    const there = index.principals.get(principalKey(tenantId, application.appId));
    if (there) return there;
    const made: ServicePrincipal = {
      id: randomUUID(),
      tenantId,
      appId: application.appId,
      displayName: application.displayName,
      kind: "Application",
      createdDateTime: new Date(clock.now()).toISOString(),
      owners,
      accountEnabled: true,
      knownFrom: clock.now() + lasting(timings, timings.principalReplicationInSeconds),
      appRoles: [],
    };
    state.servicePrincipals.set(made.id, made);
    index.principals.set(principalKey(tenantId, made.appId), made);
    return made;
  };
  const removePrincipal = (principal: ServicePrincipal): void => {
    state.servicePrincipals.delete(principal.id);
    index.principals.delete(principalKey(principal.tenantId, principal.appId));
    state.grants = state.grants.filter(
      ({ tenantId, appId }) => tenantId !== principal.tenantId || !same(appId, principal.appId),
    );
  };

  return {
    tenants: state.tenants,
    managedIdentities: state.managedIdentities,
    tenant: (idOrDomain) => state.tenants.find(({ id, domain }) => same(id, idOrDomain) || same(domain, idOrDomain)),
    applications: () => [...state.applications.values()],
    applicationByAppId: (appId) => index.applications.get(appId.toLowerCase()),
    applicationById: (objectId) => state.applications.get(objectId.toLowerCase()),
    addApplication: (application) => {
      state.applications.set(application.id, application);
      index.applications.set(application.appId, application);
    },
    removeApplication: (application) => {
      state.applications.delete(application.id);
      index.applications.delete(application.appId);
      const home = index.principals.get(principalKey(application.tenantId, application.appId));
      if (home) removePrincipal(home);
    },
    principals: () => [...state.servicePrincipals.values()],
    principalByAppId: (tenantId, appId) => index.principals.get(principalKey(tenantId, appId)),
    principalById: (objectId) => state.servicePrincipals.get(objectId.toLowerCase()),
    putPrincipal,
    removePrincipal,
    grants: () => state.grants,
    grant: (tenantId, application) => {
      const principal = putPrincipal(tenantId, application);
      const { scopes, roles } = declaredPermissions(application);
      const held = new Set(principal.appRoles.map(({ value }) => value));
      principal.appRoles = [...principal.appRoles, ...roles.filter(({ value }) => !held.has(value))];
      const grant = { tenantId, appId: application.appId, scopes, acceptedAt: new Date(clock.now()).toISOString() };
      state.grants = [...state.grants.filter((old) => old.tenantId !== tenantId || old.appId !== grant.appId), grant];
      return grant;
    },
    reset: () => {
      state = begin();
      index = indexOf(state);
    },
  };
}

function indexOf({ applications, servicePrincipals }: EntraState): {
  readonly applications: Map<string, Application>;
  readonly principals: Map<string, ServicePrincipal>;
} {
  return {
    applications: new Map([...applications.values()].map((one) => [one.appId, one])),
    principals: new Map([...servicePrincipals.values()].map((one) => [principalKey(one.tenantId, one.appId), one])),
  };
}

function principalKey(tenantId: string, appId: string): string {
  return `${tenantId}/${appId}`.toLowerCase();
}

/** The permissions an application asks for, of those this cloud knows. */
export function declaredPermissions(application: Application): {
  readonly scopes: readonly string[];
  readonly roles: ServicePrincipal["appRoles"];
  /** As the consent page words them. */
  readonly words: readonly string[];
} {
  const asked = application.requiredResourceAccess
    .filter(({ resourceAppId }) => resourceAppId === graphAppId)
    .flatMap(({ resourceAccess }) => resourceAccess)
    .flatMap(({ id }) => graphPermission(id) ?? []);
  return {
    scopes: asked.filter(({ type }) => type === "Scope").map(({ value }) => value),
    roles: asked.filter(({ type }) => type === "Role").map(({ value }) => ({ resourceAppId: graphAppId, value })),
    words: asked.map(({ words }) => words),
  };
}

export function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
