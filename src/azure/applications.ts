import type { Application } from "@microsoft/microsoft-graph-types";
import { TransientError } from "../domain/errors.ts";
import { asking } from "./asking.ts";
import type { Directory, NewApplication, PutApplication, Removal } from "./clients.ts";
import { isForbidden, refused, type Failure } from "./errors.ts";
import { goneEverywhere, isPassing, isQuota } from "./graph.ts";
import { guid } from "./guid.ts";
import { listAll, type AskRest } from "./rest.ts";

/** Microsoft Graph's own ids, the same in every cloud. */
const graphAppId = "00000003-0000-0000-c000-000000000000";
const userReadId = "e1fe6dd8-ba31-4d61-89e7-88639da4683d";
const deletedItems = "/v1.0/directory/deletedItems";

export function applications(graph: AskRest): Pick<Directory, "putApplication" | "deleteApplication"> {
  return {
    async putApplication(tenantId, application) {
      const first = await put(graph, tenantId, application);
      if (first.outcome !== "taken") return first;
      const restored = await restore(graph, tenantId, application.uniqueName);
      if (restored.outcome === "forbidden") return restored;
      const second = restored.outcome === "restored" ? await put(graph, tenantId, application) : first;
      if (second.outcome !== "taken") return second;
      // By an application that was made or deleted just now: a later look finds it.
      throw new TransientError(`could not put the application ${application.uniqueName} now: ${second.detail}`);
    },

    async deleteApplication(tenantId, applicationObjectId) {
      const id = guid(applicationObjectId);
      const what = `delete the application ${id}`;
      await remove(graph, tenantId, `/v1.0/applications/${id}`, what);
      // A deleted application keeps its name for thirty days, unless it is purged.
      const purged = await remove(graph, tenantId, `${deletedItems}/${id}`, `purge the deleted application ${id}`);
      if (purged.outcome === "notYet") return purged;
      const isThere = async (): Promise<boolean> =>
        (await exists(graph, tenantId, `/v1.0/applications/${id}`)) ||
        (await exists(graph, tenantId, `${deletedItems}/${id}`));
      if (await goneEverywhere(isThere)) return { outcome: "removed" };
      return { outcome: "notYet", detail: `the directory still shows the application ${id}` };
    },
  };
}

type Put = PutApplication | { readonly outcome: "taken"; readonly code: string; readonly detail: string };

function put(graph: AskRest, tenantId: string, application: NewApplication): Promise<Put> {
  const { uniqueName } = application;
  const what = `put the application ${uniqueName}`;
  const to = `/v1.0/applications(uniqueName='${encodeURIComponent(uniqueName)}')`;
  return asking<PutApplication, Put>(
    { what, repeatable: true, passing: isPassing },
    async (signal) => {
      const { body: made } = await graph(tenantId, {
        method: "PATCH",
        to,
        headers: { prefer: "create-if-missing" },
        body: pullApplication(application),
        signal,
      });
      // 201 carries the application, 204 nothing.
      const { body } = made
        ? { body: made }
        : await graph(tenantId, { method: "GET", to: `${to}?$select=id,appId`, signal });
      const { id, appId } = body as Application;
      if (!id || !appId) throw new Error("Graph answered without its ids");
      return { outcome: "put", appId, objectId: id };
    },
    (failure) => {
      if (isQuota(failure)) return refused("quotaExceeded", failure);
      if (isPolicy(failure)) return refused("policy", failure);
      if (isForbidden(failure)) return refused("forbidden", failure);
      return isNameTaken(failure) ? refused("taken", failure) : undefined;
    },
  );
}

/** The lock keeps administrators of the registry tenant from adding credentials of their own to the principal there. */
function pullApplication({ displayName, redirectUris }: NewApplication): Application {
  return {
    displayName,
    signInAudience: "AzureADMultipleOrgs",
    servicePrincipalLockConfiguration: { isEnabled: true, allProperties: true },
    requiredResourceAccess: [{ resourceAppId: graphAppId, resourceAccess: [{ id: userReadId, type: "Scope" }] }],
    web: { redirectUris: [...redirectUris] },
  };
}

/** By an application that was deleted less than thirty days ago; or by ours, which this replica does not see yet. */
function isNameTaken({ status, detail }: Failure): boolean {
  return (status === 400 || status === 409) && /uniqueName/i.test(detail) && /already exists|same value/i.test(detail);
}

function isPolicy({ status, code, detail }: Failure): boolean {
  if (status !== 400 && status !== 403) return false;
  return (
    /AsPerAppPolicy|AppManagementPolicy/i.test(code) || /as per assigned policy|app management policy/i.test(detail)
  );
}

type Restored = { readonly outcome: "restored" | "notFound" } | Extract<PutApplication, { outcome: "forbidden" }>;

/** Brings the deleted application of this name back, with all that it had. */
function restore(graph: AskRest, tenantId: string, uniqueName: string): Promise<Restored> {
  return asking<Restored, Restored>(
    { what: `restore the deleted application ${uniqueName}`, repeatable: true, passing: isPassing },
    async (signal) => {
      const to = `${deletedItems}/microsoft.graph.application?$select=id,uniqueName`;
      const deleted = await listAll(graph, tenantId, { to, signal });
      const ours = deleted.find((one) => one["uniqueName"] === uniqueName);
      if (typeof ours?.["id"] !== "string") return { outcome: "notFound" };
      await graph(tenantId, { method: "POST", to: `${deletedItems}/${guid(ours["id"])}/restore`, body: {}, signal });
      return { outcome: "restored" };
    },
    (failure) => {
      if (!isForbidden(failure)) return undefined;
      const detail = `a deleted application keeps the name ${uniqueName}, and we may not restore it: ${failure.detail}`;
      return refused("forbidden", { code: failure.code, detail });
    },
  );
}

/** What is not there for this replica may be there for another: the caller reads again. */
function remove(graph: AskRest, tenantId: string, to: string, what: string): Promise<Removal> {
  return asking(
    { what, repeatable: true, passing: ({ code }) => code === "Directory_ConcurrencyViolation" },
    async (signal): Promise<Removal> => {
      await graph(tenantId, { method: "DELETE", to, signal });
      return { outcome: "removed" };
    },
    ({ status, code, detail }) => {
      if (status === 404) return { outcome: "removed" };
      return status === 403 ? { outcome: "notYet", detail: `could not ${what}: ${code}: ${detail}` } : undefined;
    },
  );
}

function exists(graph: AskRest, tenantId: string, path: string): Promise<boolean> {
  return asking(
    { what: `look for ${path}`, repeatable: true },
    async (signal) => {
      await graph(tenantId, { method: "GET", to: `${path}?$select=id`, signal });
      return true;
    },
    // Where we may not look, what the removal answered has to do.
    ({ status }) => (status === 404 || status === 403 ? false : undefined),
  );
}
