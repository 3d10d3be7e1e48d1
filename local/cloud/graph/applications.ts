import { randomUUID } from "node:crypto";
import type { Call, Principal, Reply, Route } from "../kit/contract.ts";
import type { Application } from "../entra/state.ts";
import { parseApplication, type ApplicationBody } from "./bodies.ts";
import { badRequest, missingResource, noPrivileges } from "./errors.ts";
import type { GraphNeeds } from "./index.ts";
import { passwordRoutes } from "./passwords.ts";
import { listed, selected } from "./query.ts";
import { shownApplication } from "./shapes.ts";

/** The ways to name one application, with the suffix their operations have. */
export const applicationPaths = [
  { path: "/v1.0/applications/:id", suffix: "" },
  { path: "/v1.0/applications(appId=':appId')", suffix: "ByAppId" },
  { path: "/v1.0/applications(uniqueName=':uniqueName')", suffix: "ByUniqueName" },
] as const;

/** The application a path names, in the caller's tenant. */
export function applicationIn(call: Call, { tenants }: GraphNeeds): Application | undefined {
  const { id, appId, uniqueName } = call.params;
  const found = id
    ? tenants.applicationById(id)
    : appId
      ? tenants.applicationByAppId(appId)
      : tenants
          .applications()
          .find((one) => one.uniqueName === uniqueName && one.tenantId === call.principal?.tenantId);
  return found?.tenantId === call.principal?.tenantId ? found : undefined;
}

/** OwnedBy reaches what the caller made or owns; All reaches everything in the tenant. */
export function mayChange(principal: Principal | undefined, owners: readonly string[]): boolean {
  if (!principal) return false;
  if (principal.roles.includes("Application.ReadWrite.All")) return true;
  return principal.roles.includes("Application.ReadWrite.OwnedBy") && owners.includes(principal.objectId);
}

export function mayCreate(principal: Principal | undefined): principal is Principal {
  const roles = principal?.roles ?? [];
  return roles.includes("Application.ReadWrite.All") || roles.includes("Application.ReadWrite.OwnedBy");
}

/** Runs `work` on the application a path names, if the caller may change it. */
export function changing(call: Call, needs: GraphNeeds, work: (application: Application) => Reply): Reply {
  const { id, appId, uniqueName } = call.params;
  const application = applicationIn(call, needs);
  if (!application) return missingResource(needs.error, id ?? appId ?? uniqueName ?? "");
  return mayChange(call.principal, application.owners) ? work(application) : noPrivileges(needs.error);
}

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
  const here = needs.tenants.applications().filter((one) => one.tenantId === tenantId);
  const items = here.map((one) => shown(one, needs));
  return listed(call, context(needs), items, needs.error);
}

function get(call: Call, needs: GraphNeeds): Reply {
  if (!mayCreate(call.principal)) return noPrivileges(needs.error);
  const application = applicationIn(call, needs);
  if (!application) return missingResource(needs.error, Object.values(call.params)[0] ?? "");
  return { status: 200, body: selected(call, entity(application, needs)) };
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
  if (uniqueName && mayBeNew && !applicationIn(call, needs)) return create(call, needs, uniqueName);
  return changing(call, needs, (application) => {
    const body = parseApplication(call.body);
    if (typeof body === "string") return badRequest(needs.error, body);
    if (body.uniqueName !== undefined && body.uniqueName !== application.uniqueName)
      return badRequest(needs.error, "Property 'uniqueName' is read-only and cannot be set.");
    Object.assign(application, { ...body, other: { ...application.other, ...body.other } });
    return { status: 204 };
  });
}

function remove(call: Call, needs: GraphNeeds): Reply {
  return changing(call, needs, (application) => {
    needs.tenants.removeApplication(application);
    return { status: 204 };
  });
}

function newApplication(
  body: ApplicationBody,
  owner: Principal,
  { tenants, clock, error }: GraphNeeds,
): Application | Reply {
  const { displayName, uniqueName } = body;
  if (!displayName)
    return badRequest(error, "A value is required for property 'displayName' of resource 'Application'.");
  const taken = tenants.applications().some((one) => one.tenantId === owner.tenantId && one.uniqueName === uniqueName);
  if (uniqueName && taken) return conflict(error, "uniqueName");
  const identifierUris = body.identifierUris ?? [];
  const usedUri = tenants
    .applications()
    .some((one) => one.tenantId === owner.tenantId && one.identifierUris.some((uri) => identifierUris.includes(uri)));
  if (usedUri) return conflict(error, "identifierUris");
  const application: Application = {
    // What Graph does when the audience is left out: personal accounts too.
    signInAudience: "AzureADandPersonalMicrosoftAccount",
    ...{ redirectUris: [], tags: [], requestedAccessTokenVersion: null, requiredResourceAccess: [], other: {} },
    ...body,
    ...{ displayName, identifierUris },
    id: randomUUID(),
    appId: randomUUID(),
    tenantId: owner.tenantId,
    createdDateTime: new Date(clock.now()).toISOString(),
    ...{ appRoles: [], owners: [owner.objectId], passwords: [], federatedCredentials: [] },
  };
  tenants.addApplication(application);
  return application;
}

function conflict(error: GraphNeeds["error"], property: string): Reply {
  const message = `Another object with the same value for property ${property} already exists.`;
  const details = [{ code: "ObjectConflict", message, target: property }];
  return error(409, "Request_MultipleObjectsWithSameKeyValue", message, details);
}
