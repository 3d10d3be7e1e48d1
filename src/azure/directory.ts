import type { Application, PasswordCredential, ServicePrincipal } from "@microsoft/microsoft-graph-types";
import type { Client } from "@microsoft/microsoft-graph-client";
import { Secret } from "../domain/secret.ts";
import type { Directory, Password } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { failureOf, isForbidden, lasting, refused, transient, unexpected, type Failure } from "./errors.ts";
import { guid } from "./guid.ts";
import { lazy, lazyPer } from "./lazy.ts";

const graphPackage = lazy(() => import("@microsoft/microsoft-graph-client"));

/** Microsoft Graph's own ids, the same in every cloud. */
const graphAppId = "00000003-0000-0000-c000-000000000000";
const userReadId = "e1fe6dd8-ba31-4d61-89e7-88639da4683d";

const policyCodes = new Set(["CredentialTypeNotAllowedAsPerAppPolicy", "CredentialInvalidLifetimeAsPerAppPolicy"]);

type Graphs = (tenantId: string) => Promise<Client>;

export function connectDirectory(cloud: Cloud, credentials: Credentials): Directory {
  const graphs = lazyPer(async (tenantId) => {
    const { Client } = await graphPackage();
    const credential = await credentials.credentialFor(tenantId);
    return Client.initWithMiddleware({
      baseUrl: cloud.graphUrl,
      defaultVersion: "v1.0",
      // Without this the client sends no token to a host it does not know.
      customHosts: new Set([new URL(cloud.graphUrl).hostname]),
      authProvider: { getAccessToken: async () => (await credential.getToken(cloud.graphScope))?.token ?? "" },
    });
  });
  return { ...applications(graphs), ...servicePrincipals(graphs), ...passwords(graphs) };
}

function applications(graphs: Graphs): Pick<Directory, "putApplication" | "deleteApplication"> {
  return {
    async putApplication(tenantId, { uniqueName, displayName, redirectUri }) {
      const what = `put the application ${uniqueName}`;
      const graph = await graphs(tenantId);
      const path = `/applications(uniqueName='${encodeURIComponent(uniqueName)}')`;
      try {
        const made = (await graph
          .api(path)
          .header("Prefer", "create-if-missing")
          .patch(pullApplication(displayName, redirectUri))) as Application | undefined;
        // 201 carries the application, 204 nothing.
        const known = made?.id ? made : ((await graph.api(path).select("id,appId").get()) as Application);
        return { outcome: "put", ...identified(known, what), created: made?.id !== undefined };
      } catch (error) {
        const failure = lasting(error, what);
        if (isForbidden(failure)) return refused("forbidden", failure);
        throw unexpected(failure, what);
      }
    },

    async deleteApplication(tenantId, applicationObjectId) {
      const graph = await graphs(tenantId);
      await gone(`delete the application ${applicationObjectId}`, () =>
        graph.api(`/applications/${guid(applicationObjectId)}`).delete(),
      );
    },
  };
}

/** The lock keeps administrators of the registry tenant from adding credentials of their own to the principal there. */
function pullApplication(displayName: string, redirectUri: string): Application {
  return {
    displayName,
    signInAudience: "AzureADMultipleOrgs",
    servicePrincipalLockConfiguration: { isEnabled: true, allProperties: true },
    requiredResourceAccess: [{ resourceAppId: graphAppId, resourceAccess: [{ id: userReadId, type: "Scope" }] }],
    web: { redirectUris: [redirectUri] },
  };
}

function identified({ id, appId }: Application, what: string): { appId: string; objectId: string } {
  if (!id || !appId) throw new Error(`could not ${what}: Graph answered without its ids`);
  return { appId, objectId: id };
}

function servicePrincipals(graphs: Graphs): Pick<Directory, "putServicePrincipal" | "findServicePrincipal"> {
  const find = async (tenantId: string, appId: string): Promise<string | undefined> => {
    const what = `find the service principal of ${appId}`;
    const graph = await graphs(tenantId);
    try {
      const path = `/servicePrincipals(appId='${guid(appId)}')`;
      return ((await graph.api(path).select("id").get()) as ServicePrincipal).id;
    } catch (error) {
      if (failureOf(error).status === 404) return undefined;
      throw unexpected(lasting(error, what), what);
    }
  };
  return {
    findServicePrincipal: find,
    async putServicePrincipal(tenantId, appId) {
      const what = `put the service principal of ${appId}`;
      const graph = await graphs(tenantId);
      try {
        const made = (await graph.api("/servicePrincipals").post({ appId })) as ServicePrincipal;
        return { outcome: "put", objectId: identified({ ...made, appId }, what).objectId };
      } catch (error) {
        const failure = lasting(error, what);
        if (isApplicationUnseen(failure)) throw transient(failure, what);
        if (isForbidden(failure)) return refused("forbidden", failure);
        if (!isThere(failure)) throw unexpected(failure, what);
        const objectId = await find(tenantId, appId);
        if (!objectId) throw transient(failure, what);
        return { outcome: "put", objectId };
      }
    },
  };
}

/** The application is too new for this replica; the 403 is how that looks to a caller with OwnedBy rights. */
function isApplicationUnseen({ code, detail }: Failure): boolean {
  return (
    code === "NoBackingApplicationObject" || /does not reference a valid application|backing application/i.test(detail)
  );
}

function isThere({ status, detail }: Failure): boolean {
  return status === 409 || (status === 400 && /already (in use|exists)/i.test(detail));
}

function passwords(graphs: Graphs): Pick<Directory, "listPasswords" | "addPassword" | "removePassword"> {
  return {
    async listPasswords(tenantId, applicationObjectId) {
      const what = `list the passwords of the application ${applicationObjectId}`;
      const graph = await graphs(tenantId);
      try {
        const path = `/applications/${guid(applicationObjectId)}`;
        const { passwordCredentials } = (await graph.api(path).select("passwordCredentials").get()) as Application;
        return (passwordCredentials ?? []).map(passwordOf);
      } catch (error) {
        throw unexpected(lasting(error, what), what);
      }
    },

    async addPassword(tenantId, applicationObjectId, { displayName, expiresAt }) {
      const what = `add a password to the application ${applicationObjectId}`;
      const [graph, { RetryHandlerOptions }] = await Promise.all([graphs(tenantId), graphPackage()]);
      // After 503 or 504 the password may be there: repeating would leave a second one nobody knows.
      const onlyThrottled = new RetryHandlerOptions(
        3,
        3,
        (_delay, _attempt, _request, _options, { status }) => status === 429,
      );
      try {
        const path = `/applications/${guid(applicationObjectId)}/addPassword`;
        const added = (await graph
          .api(path)
          .middlewareOptions([onlyThrottled])
          .post({ passwordCredential: { displayName, endDateTime: expiresAt } })) as PasswordCredential;
        if (!added.secretText) throw new Error(`could not ${what}: Graph answered without its value`);
        const { keyId, expiresAt: until } = passwordOf(added);
        return { outcome: "added", keyId, value: new Secret(added.secretText), expiresAt: until };
      } catch (error) {
        const failure = lasting(error, what);
        if (isForbidden(failure) || policyCodes.has(failure.code)) return refused("forbidden", failure);
        throw unexpected(failure, what);
      }
    },

    async removePassword(tenantId, applicationObjectId, keyId) {
      const graph = await graphs(tenantId);
      await gone(`remove password ${keyId} from the application ${applicationObjectId}`, () =>
        graph.api(`/applications/${guid(applicationObjectId)}/removePassword`).post({ keyId: guid(keyId) }),
      );
    },
  };
}

function passwordOf({ keyId, displayName, endDateTime }: PasswordCredential): Password {
  if (!keyId || !endDateTime) throw new Error("Graph answered with a password without its key id or end");
  return { keyId, displayName: displayName ?? "", expiresAt: new Date(endDateTime).toISOString() };
}

/** Runs a removal; what is already gone is success. */
async function gone(what: string, remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    const failure = failureOf(error);
    if (failure.status === 404 || /no password credential found/i.test(failure.detail)) return;
    throw unexpected(lasting(error, what), what);
  }
}
