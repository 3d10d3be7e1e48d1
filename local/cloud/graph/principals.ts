import type { ServicePrincipal } from "../entra/state.ts";
import type { Call, Reply, Route } from "../kit/contract.ts";
import { mayChange, mayCreate } from "./applications.ts";
import { parseIds, parseNewPrincipal, parsePrincipalChange } from "./bodies.ts";
import { badRequest, missingResource, noPrivileges } from "./errors.ts";
import type { GraphNeeds } from "./index.ts";
import { listed, selected } from "./query.ts";
import { shownApplication, shownPrincipal } from "./shapes.ts";

const principalPaths = [
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
    ]),
  ];
}

function context({ graphUrl }: GraphNeeds): string {
  return `${graphUrl}/v1.0/$metadata#servicePrincipals`;
}

/** The service principal a path names, in the caller's tenant. */
function principalIn(
  { params: { id, appId }, principal: caller }: Call,
  needs: GraphNeeds,
): ServicePrincipal | undefined {
  const tenantId = caller?.tenantId ?? "";
  const found = id ? needs.tenants.principalById(id) : needs.tenants.principalByAppId(tenantId, appId ?? "");
  return found?.tenantId === tenantId ? found : undefined;
}

/** Runs `work` on the service principal a path names, if the caller may change it. */
function changing(call: Call, needs: GraphNeeds, work: (principal: ServicePrincipal) => Reply): Reply {
  const principal = principalIn(call, needs);
  if (!principal) return missingResource(needs.error, Object.values(call.params)[0] ?? "");
  return mayChange(call.principal, principal.owners) ? work(principal) : noPrivileges(needs.error);
}

function list(call: Call, needs: GraphNeeds): Reply {
  if (!mayCreate(call.principal)) return noPrivileges(needs.error);
  const { tenantId } = call.principal;
  const here = needs.tenants.principals().filter((one) => one.tenantId === tenantId);
  const items = here.map((one) => shownPrincipal(one, needs.tenants));
  return listed(call, context(needs), items, needs.error);
}

function get(call: Call, needs: GraphNeeds): Reply {
  if (!mayCreate(call.principal)) return noPrivileges(needs.error);
  const principal = principalIn(call, needs);
  if (!principal) return missingResource(needs.error, Object.values(call.params)[0] ?? "");
  return { status: 200, body: selected(call, entity(principal, needs)) };
}

function entity(principal: ServicePrincipal, needs: GraphNeeds): Record<string, unknown> {
  return { "@odata.context": `${context(needs)}/$entity`, ...shownPrincipal(principal, needs.tenants) };
}

function update(call: Call, needs: GraphNeeds): Reply {
  return changing(call, needs, (principal) => {
    const change = parsePrincipalChange(call.body);
    if (!change) return badRequest(needs.error, "Invalid or unsupported property of resource 'ServicePrincipal'.");
    principal.accountEnabled = change.accountEnabled ?? principal.accountEnabled;
    return { status: 204 };
  });
}

function remove(call: Call, needs: GraphNeeds): Reply {
  return changing(call, needs, (principal) => {
    needs.tenants.removePrincipal(principal);
    return { status: 204 };
  });
}

function create(call: Call, needs: GraphNeeds): Reply {
  const { tenants, error } = needs;
  if (!mayCreate(call.principal)) return noPrivileges(error);
  const { tenantId, objectId } = call.principal;
  const appId = parseNewPrincipal(call.body);
  if (!appId) return badRequest(error, "A value is required for property 'appId' of resource 'ServicePrincipal'.");
  const application = tenants.applicationByAppId(appId);
  const isReachable = application?.tenantId === tenantId || application?.signInAudience !== "AzureADMyOrg";
  if (!application || !isReachable) {
    const message = `The appId '${appId}' of the service principal does not reference a valid application object.`;
    const details = [{ code: "NoBackingApplicationObject", message, target: "appId" }];
    return error(400, "Request_BadRequest", message, details);
  }
  if (!mayChange(call.principal, application.owners)) return noPrivileges(error);
  if (tenants.principalByAppId(tenantId, appId)) {
    const message =
      "The service principal cannot be created, updated, or restored because the service principal name " +
      `${appId} is already in use.`;
    const details = [{ code: "ObjectConflict", message, target: "servicePrincipalNames" }];
    return error(409, "Request_MultipleObjectsWithSameKeyValue", message, details);
  }
  return { status: 201, body: entity(tenants.putPrincipal(tenantId, application, [objectId]), needs) };
}

/** How the Azure CLI turns object ids into names. */
export function directoryRoutes({ tenants, error, graphUrl }: GraphNeeds): Route[] {
  const handle = (call: Call): Reply => {
    if (!mayCreate(call.principal)) return noPrivileges(error);
    const { tenantId } = call.principal;
    const ids = parseIds(call.body);
    if (!ids) return badRequest(error, "The collection 'ids' is required.");
    const value = ids.flatMap((id): object[] => {
      const principal = tenants.principalById(id);
      if (principal?.tenantId === tenantId)
        return [{ "@odata.type": "#microsoft.graph.servicePrincipal", ...shownPrincipal(principal, tenants) }];
      const application = tenants.applicationById(id);
      if (application?.tenantId !== tenantId) return [];
      const domain = tenants.tenant(tenantId)?.domain ?? "";
      return [{ "@odata.type": "#microsoft.graph.application", ...shownApplication(application, domain) }];
    });
    return { status: 200, body: { "@odata.context": `${graphUrl}/v1.0/$metadata#directoryObjects`, value } };
  };
  return [{ method: "POST", path: "/v1.0/directoryObjects/getByIds", operation: "directoryObject_GetByIds", handle }];
}
