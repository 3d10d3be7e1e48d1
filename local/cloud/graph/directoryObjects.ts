import type { Call, Principal, Reply, Route } from "../kit/contract.ts";
import { parseIds } from "./bodies.ts";
import { badRequest, noPrivileges } from "./errors.ts";
import type { GraphNeeds } from "./needs.ts";
import { mayCreate } from "./rights.ts";
import { shownApplication, shownGroup, shownPrincipal } from "./shapes.ts";
import { viewOf } from "./view.ts";

/** How the Azure CLI turns object ids into names. */
export function directoryObjectRoutes(needs: GraphNeeds): Route[] {
  const { error, graphUrl } = needs;
  const handle = (call: Call): Reply => {
    const { principal: caller } = call;
    if (!mayCreate(caller)) return noPrivileges(error);
    const ids = parseIds(call.body);
    if (!ids) return badRequest(error, "The collection 'ids' is required.");
    const value = ids.flatMap((id) => typedObject(id, caller, needs) ?? []);
    return { status: 200, body: { "@odata.context": `${graphUrl}/v1.0/$metadata#directoryObjects`, value } };
  };
  return [{ method: "POST", path: "/v1.0/directoryObjects/getByIds", operation: "directoryObject_GetByIds", handle }];
}

/** An object of the caller's tenant with the type it has. */
export function typedObject(
  id: string,
  caller: Principal,
  needs: GraphNeeds,
): Readonly<Record<string, unknown>> | undefined {
  const { tenants } = needs;
  const view = viewOf(needs, caller);
  const principal = view.principalById(id);
  if (principal) return { "@odata.type": "#microsoft.graph.servicePrincipal", ...shownPrincipal(principal, tenants) };
  const group = tenants.groupById(id);
  if (group?.tenantId === caller.tenantId) return { "@odata.type": "#microsoft.graph.group", ...shownGroup(group) };
  const application = view.applicationById(id);
  if (!application) return undefined;
  const domain = tenants.tenant(caller.tenantId)?.domain ?? "";
  return {
    "@odata.type": "#microsoft.graph.application",
    ...shownApplication(view.readout(application, true), domain),
  };
}
