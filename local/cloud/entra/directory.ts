import { randomUUID } from "node:crypto";
import { lasting } from "../kit/clock.ts";
import type { Clock, Timings } from "../kit/contract.ts";
import { graphAppId, graphPermission } from "./permissions.ts";
import type { Application, EntraState, Grant, Group, ManagedIdentity, ServicePrincipal } from "./state.ts";

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
  groups(): readonly Group[];
  groupById(objectId: string): Group | undefined;
  addGroup(group: Group): void;
  /** Every group an object is in, through groups too. */
  groupsOf(objectId: string): readonly Group[];
  reset(): void;
  /** Keeps all of it as it is now; what comes back puts it back. */
  snapshot(): () => void;
}

/** The state now, replaced by a reset, and its look-up tables. */
interface Held {
  state: EntraState;
  index: Index;
}

export function tenantsOver(begin: () => EntraState, clock: Clock, timings: Timings): Tenants {
  const start = begin();
  const held: Held = { state: start, index: indexOf(start) };
  const { tenants, managedIdentities } = start;
  return {
    tenants,
    managedIdentities,
    tenant: (idOrDomain) => tenants.find(({ id, domain }) => same(id, idOrDomain) || same(domain, idOrDomain)),
    ...applicationsOf(held),
    ...principalsOf(held, clock, timings),
    ...groupsIn(held),
    reset: () => {
      held.state = begin();
      held.index = indexOf(held.state);
    },
    snapshot: () => {
      const kept = structuredClone(held.state);
      return () => {
        held.state = structuredClone(kept);
        held.index = indexOf(held.state);
      };
    },
  };
}

type Groups = "groups" | "groupById" | "addGroup" | "groupsOf";

function groupsIn(held: Held): Pick<Tenants, Groups> {
  const groups = (): readonly Group[] => [...held.state.groups.values()];
  return {
    groups,
    groupById: (objectId) => held.state.groups.get(objectId.toLowerCase()),
    addGroup: (group) => void held.state.groups.set(group.id, group),
    groupsOf: (objectId) => {
      const found = new Set<Group>();
      const reached = [objectId.toLowerCase()];
      for (let id = reached.pop(); id !== undefined; id = reached.pop()) {
        const member = id;
        const above = groups().filter((group) => !found.has(group) && group.members.includes(member));
        for (const group of above) found.add(group);
        reached.push(...above.map((group) => group.id));
      }
      return [...found];
    },
  };
}

type Applications = "applications" | "applicationByAppId" | "applicationById" | "addApplication" | "removeApplication";

function applicationsOf(held: Held): Pick<Tenants, Applications> {
  return {
    applications: () => [...held.state.applications.values()],
    applicationByAppId: (appId) => held.index.applications.get(appId.toLowerCase()),
    applicationById: (objectId) => held.state.applications.get(objectId.toLowerCase()),
    addApplication: (application) => {
      held.state.applications.set(application.id, application);
      held.index.applications.set(application.appId, application);
    },
    removeApplication: (application) => {
      held.state.applications.delete(application.id);
      held.index.applications.delete(application.appId);
      const home = held.index.principals.get(principalKey(application.tenantId, application.appId));
      if (home) removePrincipal(held, home);
    },
  };
}

type Principals =
  "principals" | "principalByAppId" | "principalById" | "putPrincipal" | "removePrincipal" | "grants" | "grant";

function principalsOf(held: Held, clock: Clock, timings: Timings): Pick<Tenants, Principals> {
  const putPrincipal: Tenants["putPrincipal"] = (tenantId, application, owners = []) => {
    const there = held.index.principals.get(principalKey(tenantId, application.appId));
    if (there) return there;
    const knownFrom = clock.now() + lasting(timings, timings.principalReplicationInSeconds);
    const made = newPrincipal(tenantId, application, owners, clock.now(), knownFrom);
    held.state.servicePrincipals.set(made.id, made);
    held.index.principals.set(principalKey(tenantId, made.appId), made);
    return made;
  };
  return {
    putPrincipal,
    principals: () => [...held.state.servicePrincipals.values()],
    principalByAppId: (tenantId, appId) => held.index.principals.get(principalKey(tenantId, appId)),
    principalById: (objectId) => held.state.servicePrincipals.get(objectId.toLowerCase()),
    removePrincipal: (principal) => removePrincipal(held, principal),
    grants: () => held.state.grants,
    grant: (tenantId, application) => {
      const principal = putPrincipal(tenantId, application);
      const { scopes, roles } = declaredPermissions(application);
      const had = new Set(principal.appRoles.map(({ value }) => value));
      principal.appRoles = [...principal.appRoles, ...roles.filter(({ value }) => !had.has(value))];
      const { appId } = application;
      const grant = { tenantId, appId, scopes, acceptedAt: new Date(clock.now()).toISOString() };
      held.state.grants = [...held.state.grants.filter((old) => !isFor(old, tenantId, appId)), grant];
      return grant;
    },
  };
}

function newPrincipal(
  tenantId: string,
  { appId, displayName }: Application,
  owners: readonly string[],
  now: number,
  knownFrom: number,
): ServicePrincipal {
  return {
    id: randomUUID(),
    tenantId,
    appId,
    displayName,
    kind: "Application",
    owners,
    knownFrom,
    createdDateTime: new Date(now).toISOString(),
    accountEnabled: true,
    appRoles: [],
  };
}

function removePrincipal({ state, index }: Held, principal: ServicePrincipal): void {
  const { id, tenantId, appId } = principal;
  state.servicePrincipals.delete(id);
  index.principals.delete(principalKey(tenantId, appId));
  state.grants = state.grants.filter((grant) => !isFor(grant, tenantId, appId));
}

function isFor(grant: Grant, tenantId: string, appId: string): boolean {
  return grant.tenantId === tenantId && same(grant.appId, appId);
}

interface Index {
  /** By appId. */
  readonly applications: Map<string, Application>;
  /** By tenant and appId: see principalKey. */
  readonly principals: Map<string, ServicePrincipal>;
}

function indexOf({ applications, servicePrincipals }: EntraState): Index {
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
