import { isFirstParty } from "../entra/firstParty.ts";
import type { Application, ServicePrincipal } from "../entra/state.ts";
import type { Call, Principal, Reply, Route } from "../kit/contract.ts";
import { parseNewPrincipal, parsePrincipalChange } from "./bodies.ts";
import { badRequest, missingResource, noPrivileges } from "./errors.ts";
import { namedIn } from "./named.ts";
import type { GraphNeeds } from "./needs.ts";
import { principalPasswordRoutes } from "./principalPasswords.ts";
import { listed, namesAppId, selected } from "./query.ts";
import { quotaRefusal } from "./quota.ts";
import { mayChange, mayChangeAll, mayCreate } from "./rights.ts";
import { shownPrincipal } from "./shapes.ts";
import { viewOf } from "./view.ts";

/** The ways to name one service principal, with the suffix their operations have. */
export const principalPaths = [
  { path: "/v1.0/servicePrincipals/:id", suffix: "" },
  { path: "/v1.0/servicePrincipals(appId=':appId')", suffix: "ByAppId" },
] as const;

export function principalRoutes(needs: GraphNeeds): Route[] {
  const all = "/v1.0/servicePrincipals";
  return [
    { method: "GET", path: all, operation: "servicePrincipal_List", handle: (call) => list(call, needs) },
    { method: "POST", path: all, operation: "servicePrincipal_Create", handle: (call) => create(call, needs) },
    ...principalPaths.flatMap(({ path, suffix }): Route[] => [
      { method: "GET", path, operation: `servicePrincipal_Get${suffix}`, handle: (call) => get(call, needs) },
      { method: "PATCH", path, operation: `servicePrincipal_Update${suffix}`, handle: (call) => update(call, needs) },
      { method: "DELETE", path, operation: `servicePrincipal_Delete${suffix}`, handle: (call) => remove(call, needs) },
      ...principalPasswordRoutes(path, suffix, needs, changingPrincipal),
    ]),
  ];
}

function context({ graphUrl }: GraphNeeds): string {
  return `${graphUrl}/v1.0/$metadata#servicePrincipals`;
}

/** The service principal a path names, as the caller sees it. */
export function principalIn(call: Call, caller: Principal, needs: GraphNeeds): ServicePrincipal | undefined {
  const { id, appId } = call.params;
  const view = viewOf(needs, caller);
  return id ? view.principalById(id) : view.principalByAppId(appId ?? "");
}

/** Runs `work` on the service principal a path names, if the caller may change it. */
function changingPrincipal(call: Call, needs: GraphNeeds, work: (principal: ServicePrincipal) => Reply): Reply {
  const principal = call.principal && principalIn(call, call.principal, needs);
  if (!principal) return missingResource(needs.error, namedIn(call));
  return mayChange(call.principal, principal.owners) ? work(principal) : noPrivileges(needs.error);
}

function list(call: Call, needs: GraphNeeds): Reply {
  if (!mayCreate(call.principal)) return noPrivileges(needs.error);
  const { tenantId } = call.principal;
  const view = viewOf(needs, call.principal);
  const narrow = namesAppId(call);
  const items = needs.tenants
    .principals()
    .filter((one) => one.tenantId === tenantId)
    .map((one) => {
      const shown = shownPrincipal(one, needs.tenants);
      return { versions: [shown], read: () => (view.lists(one, narrow) ? shown : undefined) };
    });
  return listed(call, { type: "servicePrincipal", context: context(needs), items, error: needs.error });
}

function get(call: Call, needs: GraphNeeds): Reply {
  if (!mayCreate(call.principal)) return noPrivileges(needs.error);
  const principal = principalIn(call, call.principal, needs);
  if (!principal) return missingResource(needs.error, namedIn(call));
  return selected(call, { type: "servicePrincipal", item: entity(principal, needs), error: needs.error });
}

function entity(principal: ServicePrincipal, needs: GraphNeeds): Record<string, unknown> {
  return { "@odata.context": `${context(needs)}/$entity`, ...shownPrincipal(principal, needs.tenants) };
}

function update(call: Call, needs: GraphNeeds): Reply {
  return changingPrincipal(call, needs, (principal) => {
    const change = parsePrincipalChange(call.body);
    if (!change) return badRequest(needs.error, "Invalid or unsupported property of resource 'ServicePrincipal'.");
    if (change.accountEnabled === undefined || change.accountEnabled === principal.accountEnabled)
      return { status: 204 };
    principal.accountEnabled = change.accountEnabled;
    principal.enabledChangedAt = needs.clock.now();
    return { status: 204 };
  });
}

function remove(call: Call, needs: GraphNeeds): Reply {
  return changingPrincipal(call, needs, (principal) => {
    needs.tenants.removePrincipal(principal);
    return { status: 204 };
  });
}

function create(call: Call, needs: GraphNeeds): Reply {
  const { tenants, error } = needs;
  const { principal: caller } = call;
  if (!mayCreate(caller)) return noPrivileges(error);
  const appId = parseNewPrincipal(call.body);
  if (!appId) return badRequest(error, "A value is required for property 'appId' of resource 'ServicePrincipal'.");
  if (isFirstParty(appId)) return createFirstParty(appId, caller, needs);
  const application = reachable(appId, caller, needs);
  if (!application) return notBacked(appId, needs);
  if (!mayChange(caller, application.owners)) return noPrivileges(error);
  if (tenants.principalByAppId(caller.tenantId, appId)) return inUse(appId, needs);
  const refused = quotaRefusal(needs, caller);
  if (refused) return refused;
  return { status: 201, body: entity(tenants.putPrincipal(caller.tenantId, application, caller.objectId), needs) };
}

/** The application, if it is of this tenant or admits others, and has reached the replica asked. */
function reachable(appId: string, caller: Principal, needs: GraphNeeds): Application | undefined {
  const application = needs.tenants.applicationByAppId(appId);
  if (!application) return undefined;
  if (application.tenantId === caller.tenantId) return viewOf(needs, caller).applicationByAppId(appId);
  return application.signInAudience === "AzureADMyOrg" ? undefined : application;
}

function createFirstParty(appId: string, caller: Principal, needs: GraphNeeds): Reply {
  if (!mayChangeAll(caller)) return noPrivileges(needs.error);
  if (needs.tenants.principalByAppId(caller.tenantId, appId)) return inUse(appId, needs);
  return { status: 201, body: entity(needs.tenants.putFirstParty(caller.tenantId, appId), needs) };
}

function notBacked(appId: string, { error }: GraphNeeds): Reply {
  const message = `The appId '${appId}' of the service principal does not reference a valid application object.`;
  const details = [{ code: "NoBackingApplicationObject", message, target: "appId" }];
  return error(400, "Request_BadRequest", message, details);
}

export function inUse(appId: string, { error }: GraphNeeds): Reply {
  const message =
    "The service principal cannot be created, updated, or restored because the service principal name " +
    `${appId} is already in use.`;
  const details = [{ code: "ObjectConflict", message, target: "servicePrincipalNames" }];
  return error(409, "Request_MultipleObjectsWithSameKeyValue", message, details);
}
