import type { ServicePrincipal } from "../entra/state.ts";
import type { Call, Reply, Route } from "../kit/contract.ts";
import { mayChange, mayCreate } from "./applications.ts";
import { parseIds, parseNewPrincipal, parsePrincipalChange } from "./bodies.ts";
import { badRequest, missingResource, noPrivileges } from "./errors.ts";
import type { GraphNeeds } from "./index.ts";
import { filterOf, selected } from "./query.ts";
import { shownApplication, shownPrincipal } from "./shapes.ts";

const principalPaths = [
  { path: "/v1.0/servicePrincipals/:id", suffix: "" },
  { path: "/v1.0/servicePrincipals(appId=':appId')", suffix: "ByAppId" },
] as const;

export function principalRoutes(needs: GraphNeeds): Route[] {
  const { tenants, error, graphUrl } = needs;
  const context = `${graphUrl}/v1.0/$metadata#servicePrincipals`;
  const found = (call: Call): ServicePrincipal | undefined => {
    const { id, appId } = call.params;
    const { tenantId = "" } = call.principal ?? {};
    const principal = id ? tenants.principalById(id) : tenants.principalByAppId(tenantId, appId ?? "");
    return principal?.tenantId === tenantId ? principal : undefined;
  };
  const changingPrincipal = (call: Call, work: (principal: ServicePrincipal) => Reply): Reply => {
    const principal = found(call);
    if (!principal) return missing(call);
    return mayChange(call.principal, principal.owners) ? work(principal) : noPrivileges(error);
  };
  const missing = ({ params }: Call): Reply => missingResource(error, Object.values(params)[0] ?? "");
  const list = (call: Call): Reply => {
    if (!mayCreate(call.principal)) return noPrivileges(error);
    const { tenantId } = call.principal;
    const text = call.query("$filter");
    const matches = text === undefined ? () => true : filterOf(text);
    if (!matches)
      return error(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified.");
    const items = tenants
      .principals()
      .filter((one) => one.tenantId === tenantId)
      .map((one) => shownPrincipal(one, tenants))
      .filter(matches);
    return { status: 200, body: { "@odata.context": context, value: items.map((item) => selected(call, item)) } };
  };

  return [
    { method: "GET", path: "/v1.0/servicePrincipals", operation: "servicePrincipal_List", handle: list },
    {
      ...{ method: "POST", path: "/v1.0/servicePrincipals", operation: "servicePrincipal_Create" },
      handle: (call) => create(call, needs, context),
    },
    ...principalPaths.flatMap(({ path, suffix }): Route[] => [
      {
        ...{ method: "GET", path, operation: `servicePrincipal_Get${suffix}` },
        handle: (call) => {
          if (!mayCreate(call.principal)) return noPrivileges(error);
          const principal = found(call);
          if (!principal) return missing(call);
          const body = { "@odata.context": `${context}/$entity`, ...shownPrincipal(principal, tenants) };
          return { status: 200, body: selected(call, body) };
        },
      },
      {
        ...{ method: "PATCH", path, operation: `servicePrincipal_Update${suffix}` },
        handle: (call) =>
          changingPrincipal(call, (principal) => {
            const change = parsePrincipalChange(call.body);
            if (!change) return badRequest(error, "Invalid or unsupported property of resource 'ServicePrincipal'.");
            principal.accountEnabled = change.accountEnabled ?? principal.accountEnabled;
            return { status: 204 };
          }),
      },
      {
        ...{ method: "DELETE", path, operation: `servicePrincipal_Delete${suffix}` },
        handle: (call) =>
          changingPrincipal(call, (principal) => {
            tenants.removePrincipal(principal);
            return { status: 204 };
          }),
      },
    ]),
  ];
}

function create(call: Call, { tenants, error }: GraphNeeds, context: string): Reply {
  if (!mayCreate(call.principal)) return noPrivileges(error);
  const { tenantId, objectId } = call.principal;
  const appId = parseNewPrincipal(call.body);
  if (!appId) return badRequest(error, "A value is required for property 'appId' of resource 'ServicePrincipal'.");
  const application = tenants.applicationByAppId(appId);
  const reachable = application && (application.tenantId === tenantId || application.signInAudience !== "AzureADMyOrg");
  if (!reachable)
    return error(
      400,
      "Request_BadRequest",
      `The appId '${appId}' of the service principal does not reference a valid application object.`,
      [
        {
          code: "NoBackingApplicationObject",
          message: `The appId '${appId}' of the service principal does not reference a valid application object.`,
          target: "appId",
        },
      ],
    );
  if (!mayChange(call.principal, application.owners)) return noPrivileges(error);
  if (tenants.principalByAppId(tenantId, appId)) {
    const message = `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`;
    return error(409, "Request_MultipleObjectsWithSameKeyValue", message, [
      { code: "ObjectConflict", message, target: "servicePrincipalNames" },
    ]);
  }
  const made = tenants.putPrincipal(tenantId, application, [objectId]);
  return { status: 201, body: { "@odata.context": `${context}/$entity`, ...shownPrincipal(made, tenants) } };
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
