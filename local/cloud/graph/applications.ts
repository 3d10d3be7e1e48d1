import { randomUUID } from "node:crypto";
import type { Call, Principal, Reply, Route } from "../kit/contract.ts";
import type { Application } from "../entra/state.ts";
import { parseApplication, type ApplicationBody } from "./bodies.ts";
import { badRequest, missingResource, noPrivileges } from "./errors.ts";
import type { GraphNeeds } from "./index.ts";
import { passwordRoutes } from "./passwords.ts";
import { filterOf, selected } from "./query.ts";
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
  const { tenants, error, graphUrl } = needs;
  const context = `${graphUrl}/v1.0/$metadata#applications`;
  const show = (application: Application): Record<string, unknown> =>
    shownApplication(application, tenants.tenant(application.tenantId)?.domain ?? "");
  const one = (status: number, application: Application): Reply => ({
    status,
    body: { "@odata.context": `${context}/$entity`, ...show(application) },
  });
  const list = (call: Call): Reply => {
    if (!mayCreate(call.principal)) return noPrivileges(error);
    const { tenantId } = call.principal;
    const text = call.query("$filter");
    const matches = text === undefined ? () => true : filterOf(text);
    if (!matches)
      return error(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified.");
    const items = tenants
      .applications()
      .filter((it) => it.tenantId === tenantId)
      .map(show)
      .filter(matches);
    return { status: 200, body: { "@odata.context": context, value: items.map((item) => selected(call, item)) } };
  };
  const create = (call: Call, uniqueName?: string): Reply => {
    if (!mayCreate(call.principal)) return noPrivileges(error);
    const body = parseApplication(call.body);
    if (typeof body === "string") return badRequest(error, body);
    const made = newApplication({ ...body, ...(uniqueName && { uniqueName }) }, call.principal, needs);
    return "status" in made ? made : one(201, made);
  };
  const update = (call: Call): Reply => {
    const { uniqueName } = call.params;
    const wanted = call.header("prefer")?.toLowerCase().includes("create-if-missing");
    if (uniqueName && wanted && !applicationIn(call, needs)) return create(call, uniqueName);
    return changing(call, needs, (application) => {
      const body = parseApplication(call.body);
      if (typeof body === "string") return badRequest(error, body);
      if (body.uniqueName !== undefined && body.uniqueName !== application.uniqueName)
        return badRequest(error, "Property 'uniqueName' is read-only and cannot be set.");
      Object.assign(application, { ...body, other: { ...application.other, ...body.other } });
      return { status: 204 };
    });
  };

  return [
    { method: "GET", path: "/v1.0/applications", operation: "application_List", handle: list },
    { method: "POST", path: "/v1.0/applications", operation: "application_Create", handle: (call) => create(call) },
    ...applicationPaths.flatMap(({ path, suffix }): Route[] => [
      {
        ...{ method: "GET", path, operation: `application_Get${suffix}` },
        handle: (call) => {
          if (!mayCreate(call.principal)) return noPrivileges(error);
          const found = applicationIn(call, needs);
          if (!found) return missingResource(error, Object.values(call.params)[0] ?? "");
          const { status, body } = one(200, found);
          return { status, body: selected(call, body as Record<string, unknown>) };
        },
      },
      { method: "PATCH", path, operation: `application_Update${suffix}`, handle: update },
      {
        ...{ method: "DELETE", path, operation: `application_Delete${suffix}` },
        handle: (call) =>
          changing(call, needs, (application) => {
            tenants.removeApplication(application);
            return { status: 204 };
          }),
      },
      ...passwordRoutes(path, suffix, needs),
    ]),
  ];
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
  return error(
    409,
    "Request_MultipleObjectsWithSameKeyValue",
    `Another object with the same value for property ${property} already exists.`,
    [
      {
        code: "ObjectConflict",
        message: `Another object with the same value for property ${property} already exists.`,
        target: property,
      },
    ],
  );
}
