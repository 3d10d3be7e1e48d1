import type { Authorization, Call, Principal, Reply, Route } from "../kit/contract.ts";
import type { Catalog } from "./catalog.ts";
import { refusalReply } from "./replies.ts";
import { Refusal } from "./refusal.ts";
import { versionFor, type ResourceType } from "./versions.ts";

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
  handle(call: ArmCall): Reply;
}

export interface Guards {
  readonly catalog: Catalog;
  readonly rights: Pick<Authorization, "allows">;
}

/** In ARM's order: version, subscription, tenant, rights, resource group, and only then the provider. */
export function guarded(route: ArmRoute, { catalog, rights }: Guards): Route {
  const { method, path, operation, type, right } = route;
  const handle = (call: Call): Reply => {
    const { principal } = call;
    if (!principal) throw new Error("the route was reached without authentication");
    const { pathname } = call.url;
    const apiVersion = versionFor(call.query("api-version"), type);
    const named = subscriptionIn(pathname);
    const tenantId = named === undefined ? principal.tenantId : tenantOf(catalog, named, principal);
    if (right) requireRight(rights, principal, right.action, right.scope(call.params));
    const group = call.params["group"];
    if (named !== undefined && group !== undefined && !catalog.hasGroup(named, group))
      throw new Refusal("ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
    return route.handle({ ...call, principal, apiVersion, tenantId });
  };
  return { method, path, operation, handle: (call) => answered(() => handle(call)) };
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

export function requireRight(rights: Guards["rights"], caller: Principal, action: string, scope: string): void {
  if (!rights.allows(caller.objectId, action, scope)) throw authorizationFailed(caller, action, scope);
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
