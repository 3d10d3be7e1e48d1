import type { Call, Principal, Reply, Route } from "../kit/contract.ts";
import type { Application } from "../entra/state.ts";
import { parseApplication } from "./bodies.ts";
import { badRequest, missingResource, noPrivileges } from "./errors.ts";
import { newApplication } from "./newApplication.ts";
import type { GraphNeeds } from "./needs.ts";
import { passwordRoutes } from "./passwords.ts";
import { refusedSettings } from "./settingsRules.ts";
import { listed, namesAppId, selected } from "./query.ts";
import { mayCreate } from "./rights.ts";
import { changing, found, namedIn } from "./named.ts";
import { shownApplication } from "./shapes.ts";
import { viewOf } from "./view.ts";

/** The ways to name one application, with the suffix their operations have. */
const applicationPaths = [
  { path: "/v1.0/applications/:id", suffix: "" },
  { path: "/v1.0/applications(appId=':appId')", suffix: "ByAppId" },
  { path: "/v1.0/applications(uniqueName=':uniqueName')", suffix: "ByUniqueName" },
] as const;

export function applicationRoutes(needs: GraphNeeds): Route[] {
  const all = "/v1.0/applications";
  return [
    { method: "GET", path: all, operation: "application_List", handle: (call) => list(call, needs) },
    { method: "POST", path: all, operation: "application_Create", handle: (call) => create(call, needs) },
    ...applicationPaths.flatMap(({ path, suffix }): Route[] => [
      { method: "GET", path, operation: `application_Get${suffix}`, handle: (call) => get(call, needs) },
      { method: "PATCH", path, operation: `application_Update${suffix}`, handle: (call) => update(call, needs) },
      { method: "DELETE", path, operation: `application_Delete${suffix}`, handle: (call) => remove(call, needs) },
      ...passwordRoutes(path, suffix, needs),
    ]),
  ];
}

function context({ graphUrl }: GraphNeeds): string {
  return `${graphUrl}/v1.0/$metadata#applications`;
}

function shown(application: Application, { tenants }: GraphNeeds): Record<string, unknown> {
  return shownApplication(application, tenants.tenant(application.tenantId)?.domain ?? "");
}

function entity(application: Application, needs: GraphNeeds): Record<string, unknown> {
  return { "@odata.context": `${context(needs)}/$entity`, ...shown(application, needs) };
}

function list(call: Call, needs: GraphNeeds): Reply {
  if (!mayCreate(call.principal)) return noPrivileges(needs.error);
  const { tenantId } = call.principal;
  const view = viewOf(needs, call.principal);
  const narrow = namesAppId(call);
  const items = needs.tenants
    .applications()
    .filter((one) => one.tenantId === tenantId)
    .map((one) => ({
      versions: [one, { ...one, ...one.changed?.before }].map((version) => shown(version, needs)),
      read: () => (view.lists(one, narrow) ? shown(view.readout(one, false), needs) : undefined),
    }));
  return listed(call, { type: "application", context: context(needs), items, error: needs.error });
}

function get(call: Call, needs: GraphNeeds): Reply {
  if (!mayCreate(call.principal)) return noPrivileges(needs.error);
  const view = viewOf(needs, call.principal);
  const application = found(view, call);
  if (!application) return missingResource(needs.error, namedIn(call));
  const read = view.readout(application, call.params["id"] !== undefined);
  return selected(call, { type: "application", item: entity(read, needs), error: needs.error });
}

function create(call: Call, needs: GraphNeeds, uniqueName?: string): Reply {
  if (!mayCreate(call.principal)) return noPrivileges(needs.error);
  const body = parseApplication(call.body);
  if (typeof body === "string") return badRequest(needs.error, body);
  const made = newApplication({ ...body, ...(uniqueName && { uniqueName }) }, call.principal, needs);
  return "status" in made ? made : { status: 201, body: entity(made, needs) };
}

/** With `Prefer: create-if-missing` a uniqueName nobody has yet is created: 201 with the object, else 204 without. */
function update(call: Call, needs: GraphNeeds): Reply {
  const { uniqueName } = call.params;
  const mayBeNew = call.header("prefer")?.toLowerCase().includes("create-if-missing");
  if (uniqueName && mayBeNew && call.principal && !found(viewOf(needs, call.principal), call))
    return create(call, needs, uniqueName);
  return changing(call, needs, (application, caller) => change(call, needs, application, caller));
}

function change(call: Call, needs: GraphNeeds, application: Application, caller: Principal): Reply {
  const body = parseApplication(call.body);
  if (typeof body === "string") return badRequest(needs.error, body);
  if (body.uniqueName !== undefined && body.uniqueName !== application.uniqueName)
    return badRequest(needs.error, "Property 'uniqueName' is read-only and cannot be set.");
  const refused = refusedSettings(needs, application, body);
  if (refused) return refused;
  needs.tenants.changeApplication(
    application,
    { ...body, other: { ...application.other, ...body.other } },
    caller.objectId,
  );
  return { status: 204 };
}

function remove(call: Call, needs: GraphNeeds): Reply {
  return changing(call, needs, (application) => {
    needs.tenants.removeApplication(application);
    return { status: 204 };
  });
}
