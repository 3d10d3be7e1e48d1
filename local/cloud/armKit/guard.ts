import type { Call, Principal, Reply, Route } from "../kit/contract.ts";
import type { ArmRights, Question } from "./rights.ts";
import type { Catalog } from "./catalog.ts";
import { bodyOf, type JsonObject } from "./body.ts";
import { refusalReply } from "./replies.ts";
import { Refusal } from "./refusal.ts";
import { tidyScope } from "./scope.ts";
import { versionFor, type ResourceType } from "./versions.ts";

/** A write that policies look at. */
export interface Write {
  readonly type: string;
  /** Of what is written. */
  readonly id: string;
  readonly name: string;
  /** As it is now; undefined for something new. */
  readonly current?: object | undefined;
  readonly body: JsonObject;
}

export interface ArmCall extends Call {
  readonly principal: Principal;
  readonly apiVersion: string;
  /** Of the subscription in the path; of the caller where there is none. */
  readonly tenantId: string;
}

/** A route that is reached with a known version, in the right tenant, by somebody who may. */
export interface ArmRoute {
  readonly method: Route["method"];
  readonly path: string;
  readonly operation: string;
  readonly type: ResourceType;
  /** What the caller must be allowed, and where; absent where the model decides for itself. */
  readonly right?: { readonly action: string; scope(params: Readonly<Record<string, string>>): string };
  /** ArmRights that depend on more than the path. Throws Refusal. */
  permit?(call: ArmCall): void;
  /** Locks do not stand against it. */
  readonly passesLocks?: boolean;
  /** What policies see of a write; absent where they do not look. */
  readonly policed?: { readonly type: string; readonly current?: (call: ArmCall) => object | undefined };
  handle(call: ArmCall): Reply;
}

/** What stands against a change though the caller has the right to it, and who hears of it. */
export interface Barriers {
  /** Throws Refusal where a lock forbids it. */
  refuseLocked(scope: string, change: "write" | "delete"): void;
  /** The body as policies make it. Throws Refusal where one forbids it. */
  policed(write: Write): JsonObject;
  /** Throws Refusal where the newest version of a type has not come to this resource's region. */
  refuseNewestVersion(type: ResourceType, version: string, scope: string): void;
  /** Something at this scope may be other from now on. */
  changing(scope: string): void;
}

export interface Guards {
  readonly catalog: Catalog;
  readonly rights: ArmRights;
  readonly barriers: Barriers;
}

/** In ARM's order: version, subscription, tenant, rights, locks, policies, resource group, and only then the provider. */
export function guarded(route: ArmRoute, { catalog, rights, barriers }: Guards): Route {
  const { method, path, operation, type, right } = route;
  const handle = (call: Call): Reply => {
    const { principal } = call;
    if (!principal) throw new Error("the route was reached without authentication");
    const { pathname } = call.url;
    const apiVersion = versionFor(call.query("api-version"), type);
    barriers.refuseNewestVersion(type, apiVersion, pathname);
    const named = subscriptionIn(pathname);
    const tenantId = named === undefined ? principal.tenantId : tenantOf(catalog, named, principal);
    if (right) requireRight(rights, principal, right.action, right.scope(call.params));
    const admitted = { ...call, principal, apiVersion, tenantId };
    route.permit?.(admitted);
    const change = changeBy(route);
    const scope = tidyScope(method === "POST" ? pathname.replace(/\/[^/]+\/*$/, "") : pathname);
    if (change && !route.passesLocks) barriers.refuseLocked(scope, change);
    const judged = route.policed ? judgedBy(barriers, route.policed, scope, admitted) : admitted;
    const group = call.params["group"];
    if (named !== undefined && group !== undefined && !catalog.hasGroup(named, group))
      throw new Refusal("ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
    if (change) barriers.changing(scope);
    return route.handle(judged);
  };
  return { method, path, operation, handle: (call) => answered(() => handle(call)) };
}

/** To ARM a POST is an action, which a read-only lock forbids too. */
function changeBy({ method, right }: ArmRoute): "write" | "delete" | undefined {
  if (method === "DELETE") return "delete";
  if (method === "PUT" || method === "PATCH") return "write";
  return method === "POST" && right?.action.endsWith("/action") ? "write" : undefined;
}

function judgedBy(
  barriers: Barriers,
  { type, current }: NonNullable<ArmRoute["policed"]>,
  id: string,
  call: ArmCall,
): ArmCall {
  const body = bodyOf(call);
  const after = barriers.policed({ type, id, name: id.split("/").at(-1) ?? "", current: current?.(call), body });
  if (after === body) return call;
  const text = JSON.stringify(after);
  return { ...call, body: text, bytes: Buffer.from(text) };
}

function answered(work: () => Reply): Reply {
  try {
    return work();
  } catch (error) {
    if (error instanceof WrongTenant) return refusalReply(error, error.headers);
    if (error instanceof Refusal) return refusalReply(error);
    throw error;
  }
}

export function requireRight(rights: ArmRights, caller: Principal, action: string, scope: string): void {
  if (!rights.allows(caller.objectId, action, scope)) throw notAllowed(rights, caller, { action, scope });
}

interface Refused {
  readonly action: string;
  readonly scope: string;
  readonly question?: Question;
  /** As the refusal names it, where that is not the scope that was asked about. */
  readonly shownScope?: string;
  readonly isConditioned?: boolean;
}

/** Why somebody may not: a deny assignment that stands against a role, or no role. */
export function notAllowed(rights: ArmRights, caller: Principal, refused: Refused): Refusal {
  const { action, scope, question, shownScope = scope, isConditioned } = refused;
  const denial = rights.deniedBy(caller.objectId, action, scope, question);
  if (!denial) return authorizationFailed(caller, action, shownScope, isConditioned);
  return new Refusal(
    "DenyAssignmentAuthorizationFailed",
    `The client '${caller.appId}' with object id '${caller.objectId}' has permission to perform action '${action}' on scope '${shownScope}'; however, the access is denied because of the deny assignment with name '${denial.name}' and Id '${denial.id.replaceAll("-", "")}' at scope '${denial.scope}'.`,
  );
}

/** `conditioned`: the wording where a condition of the role assignment may be the reason. */
export function authorizationFailed(caller: Principal, action: string, scope: string, conditioned = false): Refusal {
  const lack = conditioned ? "authorization or an ABAC condition not fulfilled" : "authorization";
  return new Refusal(
    "AuthorizationFailed",
    `The client '${caller.appId}' with object id '${caller.objectId}' does not have ${lack} to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

class WrongTenant extends Refusal {
  readonly headers: Readonly<Record<string, string>>;

  constructor(of: string, found: string) {
    super(
      "InvalidAuthenticationTokenTenant",
      `The access token is from the wrong issuer 'https://sts.windows.net/${found}/'. It must match the tenant 'https://sts.windows.net/${of}/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/${of}' to get the token. Note, if the subscription is transferred to another tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). If you just transferred your subscription and see this error message, please try back later.`,
    );
    this.headers = {
      "www-authenticate": `Bearer authorization_uri="https://login.windows.net/${of}", error="invalid_token", error_description="The access token is from the wrong issuer. It must match the tenant associated with this subscription."`,
    };
  }
}

function subscriptionIn(pathname: string): string | undefined {
  return /^\/+subscriptions\/+([^/]+)/i.exec(pathname)?.[1];
}

function tenantOf(catalog: Catalog, subscriptionId: string, caller: Principal): string {
  const subscription = catalog.subscription(subscriptionId);
  if (subscription) {
    if (subscription.tenantId !== caller.tenantId) throw new WrongTenant(subscription.tenantId, caller.tenantId);
    return subscription.tenantId;
  }
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(subscriptionId))
    throw new Refusal(
      "InvalidSubscriptionId",
      `The provided subscription identifier '${subscriptionId}' is malformed or invalid.`,
    );
  throw new Refusal("SubscriptionNotFound", `The subscription '${subscriptionId}' could not be found.`);
}
