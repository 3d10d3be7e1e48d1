import { parseFilter } from "../rbac/filter.ts";
import type { Rights } from "../rbac/authorization.ts";
import type { Catalog, Subscription } from "../armKit/catalog.ts";
import { authorizationFailed, type ArmCall, type ArmRoute } from "../armKit/guard.ts";
import { json } from "../armKit/replies.ts";
import { resources, subscriptions } from "../armKit/versions.ts";

interface Needs {
  readonly catalog: Catalog;
  readonly rights: Rights;
  readonly armUrl: () => string;
}

/** Subscriptions, and the resources in one. */
export function subscriptionRoutes({ catalog, rights, armUrl }: Needs): ArmRoute[] {
  const isVisible = (objectId: string, { id }: Subscription): boolean =>
    rights.allows(objectId, "Microsoft.Resources/subscriptions/read", `/subscriptions/${id}`);
  return [
    {
      method: "GET",
      path: "/subscriptions",
      operation: "Subscriptions_List",
      type: subscriptions,
      handle: ({ principal: { objectId, tenantId } }) => {
        const found = catalog.subscriptions.filter((one) => one.tenantId === tenantId && isVisible(objectId, one));
        // The document demands nextLink, be it empty; real clients stop at an empty one.
        return json({ value: found.map(shownSubscription), nextLink: "" });
      },
    },
    {
      method: "GET",
      path: "/subscriptions/:subscription",
      operation: "Subscriptions_Get",
      type: subscriptions,
      handle: ({ principal, params }) => {
        const found = catalog.subscription(params["subscription"] ?? "");
        const scope = `/subscriptions/${params["subscription"]}`;
        if (!found || !isVisible(principal.objectId, found))
          throw authorizationFailed(principal, "Microsoft.Resources/subscriptions/read", scope);
        return json(shownSubscription(found));
      },
    },
    {
      method: "GET",
      path: "/subscriptions/:subscription/resources",
      operation: "Resources_List",
      type: resources,
      handle: (call) => json(pageOf(resourcesFor(call, catalog, rights), call.query("$skiptoken"), call.url, armUrl())),
    },
  ];
}

function resourcesFor(call: ArmCall, catalog: Catalog, rights: Rights): readonly object[] {
  const filter = parseFilter(call.query("$filter"), ["resourceType", "name", "resourceGroup", "location"]);
  return catalog
    .resources(call.params["subscription"] ?? "")
    .filter(({ id, type }) => rights.allows(call.principal.objectId, `${type}/read`, id))
    .filter(({ id, name, type, location }) => {
      const values = new Map(Object.entries({ resourcetype: type, name, location, resourcegroup: id.split("/")[4] }));
      return [...filter].every(([key, wanted]) => values.get(key)?.toLowerCase() === wanted.toLowerCase());
    });
}

const pageSize = 1000;

function pageOf(found: readonly object[], token: string | undefined, url: URL, armUrl: string): object {
  const from = Math.max(0, Math.floor(Number(token ?? 0)) || 0);
  const value = found.slice(from, from + pageSize);
  if (found.length <= from + pageSize) return { value };
  const next = new URL(`${armUrl}${url.pathname}${url.search}`);
  next.searchParams.set("$skiptoken", String(from + pageSize));
  return { value, nextLink: next.href };
}

function shownSubscription({ id, tenantId, displayName }: Subscription): object {
  return {
    id: `/subscriptions/${id}`,
    subscriptionId: id,
    tenantId,
    displayName,
    state: "Enabled",
    authorizationSource: "RoleBased",
    subscriptionPolicies: {
      locationPlacementId: "Public_2014-09-01",
      quotaId: "PayAsYouGo_2014-09-01",
      spendingLimit: "Off",
    },
    managedByTenants: [],
  };
}
