import type { Deleted } from "../entra/state.ts";
import type { Call, Principal, Reply, Route } from "../kit/contract.ts";
import { missingResource, noPrivileges } from "./errors.ts";
import { namedIn } from "./named.ts";
import type { GraphNeeds } from "./needs.ts";
import { inUse } from "./principals.ts";
import { known, listed } from "./query.ts";
import { mayChange, mayCreate } from "./rights.ts";
import { shownApplication, shownPrincipal } from "./shapes.ts";

type Kind = Deleted["kind"];

/** What was deleted in the last thirty days. Who may change only its own may restore and purge its own. */
export function deletedItemRoutes(needs: GraphNeeds): Route[] {
  const all = "/v1.0/directory/deletedItems";
  const lists = (["application", "servicePrincipal"] as const).map((kind): Route => ({
    method: "GET",
    path: `${all}/microsoft.graph.${kind}`,
    operation: kind === "application" ? "deletedItem_ListApplications" : "deletedItem_ListServicePrincipals",
    handle: (call) => list(call, kind, needs),
  }));
  return [
    ...lists,
    {
      method: "GET",
      path: `${all}/:id`,
      operation: "deletedItem_Get",
      handle: (call) => (mayCreate(call.principal) ? get(call, call.principal, needs) : noPrivileges(needs.error)),
    },
    {
      method: "POST",
      path: `${all}/:id/restore`,
      operation: "deletedItem_Restore",
      handle: (call) => changing(call, needs, (deleted) => restore(deleted, needs)),
    },
    {
      method: "DELETE",
      path: `${all}/:id`,
      operation: "deletedItem_Delete",
      handle: (call) =>
        changing(call, needs, (deleted) => {
          needs.tenants.purge(deleted);
          return { status: 204 };
        }),
    },
  ];
}

function list(call: Call, kind: Kind, needs: GraphNeeds): Reply {
  const { principal: caller } = call;
  if (!mayCreate(caller)) return noPrivileges(needs.error);
  const items = needs.tenants
    .deletedItems()
    .filter((one) => one.kind === kind && one.object.tenantId === caller.tenantId)
    .map((one) => known(shown(one, needs)));
  return listed(call, { type: kind, context: context(needs, kind), items, error: needs.error });
}

function get(call: Call, caller: Principal, needs: GraphNeeds): Reply {
  const deleted = itemIn(call, caller, needs);
  return deleted ? { status: 200, body: entity(deleted, needs) } : missingResource(needs.error, namedIn(call));
}

function itemIn({ params: { id = "" } }: Call, { tenantId }: Principal, { tenants }: GraphNeeds): Deleted | undefined {
  const deleted = tenants.deletedItem(id);
  return deleted?.object.tenantId === tenantId ? deleted : undefined;
}

function changing(call: Call, needs: GraphNeeds, work: (deleted: Deleted) => Reply): Reply {
  const { principal } = call;
  const deleted = principal && itemIn(call, principal, needs);
  if (!deleted) return missingResource(needs.error, namedIn(call));
  return mayChange(principal, deleted.object.owners) ? work(deleted) : noPrivileges(needs.error);
}

function restore(deleted: Deleted, needs: GraphNeeds): Reply {
  const { tenants } = needs;
  const { tenantId, appId } = deleted.object;
  if (deleted.kind === "servicePrincipal" && tenants.principalByAppId(tenantId, appId)) return inUse(appId, needs);
  tenants.restore(deleted);
  return { status: 200, body: { ...entity(deleted, needs), deletedDateTime: null } };
}

function context({ graphUrl }: GraphNeeds, kind: Kind): string {
  return `${graphUrl}/v1.0/$metadata#${kind === "application" ? "applications" : "servicePrincipals"}`;
}

function entity(deleted: Deleted, needs: GraphNeeds): Record<string, unknown> {
  return {
    "@odata.context": `${needs.graphUrl}/v1.0/$metadata#directoryObjects/$entity`,
    "@odata.type": `#microsoft.graph.${deleted.kind}`,
    ...shown(deleted, needs),
  };
}

function shown(deleted: Deleted, { tenants }: GraphNeeds): Record<string, unknown> {
  const object =
    deleted.kind === "application"
      ? shownApplication(deleted.object, tenants.tenant(deleted.object.tenantId)?.domain ?? "")
      : shownPrincipal(deleted.object, tenants);
  return { ...object, deletedDateTime: new Date(deleted.deletedAt).toISOString() };
}
