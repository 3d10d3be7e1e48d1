import type { Application, ServicePrincipal } from "../entra/state.ts";
import type { Call, Principal, Reply, Route } from "../kit/contract.ts";
import { missingResource, noPrivileges } from "./errors.ts";
import { namedIn } from "./named.ts";
import type { GraphNeeds } from "./needs.ts";
import { mixedPage } from "./options.ts";
import { principalIn, principalPaths } from "./principals.ts";
import { mayCreate, mayReadMemberships } from "./rights.ts";
import { shownApplication, shownPrincipal } from "./shapes.ts";
import { viewOf, type View } from "./view.ts";

/** What a service principal owns, and what it made: how a caller learns how much of its quota is used. */
export function ownedObjectRoutes(needs: GraphNeeds): Route[] {
  return principalPaths.flatMap(({ path, suffix }): Route[] => [
    {
      method: "GET",
      path: `${path}/ownedObjects`,
      operation: `servicePrincipal_ListOwnedObjects${suffix}`,
      handle: (call) => listed(call, needs, ({ owners }, id) => owners.includes(id)),
    },
    {
      method: "GET",
      path: `${path}/createdObjects`,
      operation: `servicePrincipal_ListCreatedObjects${suffix}`,
      handle: (call) => listed(call, needs, ({ createdBy }, id) => createdBy === id),
    },
  ]);
}

type Made = Application | ServicePrincipal;

/** Like every list it is behind for a while. */
function listed(call: Call, needs: GraphNeeds, isWanted: (made: Made, id: string) => boolean): Reply {
  const { principal: caller } = call;
  if (!caller || !(mayCreate(caller) || mayReadMemberships(caller))) return noPrivileges(needs.error);
  const principal = principalIn(call, caller, needs);
  if (!principal) return missingResource(needs.error, namedIn(call));
  const view = viewOf(needs, caller);
  const isShown = (made: Made): boolean =>
    made.tenantId === caller.tenantId && isWanted(made, principal.id) && view.lists(made, false);
  const value = [...needs.tenants.applications(), ...needs.tenants.principals()]
    .filter(isShown)
    .map((made) => shown(made, view, caller, needs));
  return mixedPage(call, value, needs);
}

function shown(made: Made, view: View, { tenantId }: Principal, { tenants }: GraphNeeds): Record<string, unknown> {
  if ("kind" in made) return { "@odata.type": "#microsoft.graph.servicePrincipal", ...shownPrincipal(made, tenants) };
  const domain = tenants.tenant(tenantId)?.domain ?? "";
  return { "@odata.type": "#microsoft.graph.application", ...shownApplication(view.readout(made, false), domain) };
}
