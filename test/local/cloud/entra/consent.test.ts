import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ClientSecretCredential } from "@azure/identity";
import { Client } from "@microsoft/microsoft-graph-client";
import type { Application } from "@microsoft/microsoft-graph-types";
import { testCloud, type TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await testCloud();
});
afterEach(() => cloud.close());

const redirectUri = "http://localhost:7071/api/consent";
const scope = "https://graph.microsoft.com/.default";

/** A multitenant application of tenant A whose name tries to break out of the page, with a password. */
async function pullApp(displayName = `<script>alert("x")</script>`): Promise<{ appId: string; secret: string }> {
  const graph = Client.initWithMiddleware({
    baseUrl: cloud.env1("GRAPH_URL"),
    customHosts: new Set(["localhost"]),
    authProvider: {
      getAccessToken: async () => (await cloud.credential("TENANT_A", "").getToken(scope)).token,
    },
  });
  const app: Application = await graph.api("/applications").post({
    displayName,
    signInAudience: "AzureADMultipleOrgs",
    requiredResourceAccess: [
      {
        resourceAppId: "00000003-0000-0000-c000-000000000000",
        resourceAccess: [{ id: "e1fe6dd8-ba31-4d61-89e7-88639da4683d", type: "Scope" }],
      },
    ],
    web: { redirectUris: [redirectUri] },
  });
  const { secretText } = await graph.api(`/applications/${app.id}/addPassword`).post({});
  return { appId: app.appId ?? "", secret: secretText };
}

function consentUrl(tenant: string, values: Record<string, string>, version = "/v2.0"): URL {
  const url = new URL(`${cloud.env1("ENTRA_URL")}/${tenant}${version}/adminconsent`);
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  return url;
}

/** Presses a button of the page as a browser does: the form's own address, nothing added. */
async function press(page: string, base: URL, decision: "accept" | "cancel"): Promise<URL> {
  const action = /action="([^"]+)"/.exec(page)?.[1]?.replaceAll("&amp;", "&").replaceAll("&#39;", "'") ?? "";
  const answer = await fetch(new URL(action, base), {
    method: "POST",
    body: new URLSearchParams({ decision }),
    redirect: "manual",
  });
  expect(answer.status).toBe(302);
  return new URL(answer.headers.get("location") ?? "");
}

async function signIn(tenantKey: string, { appId, secret }: { appId: string; secret: string }): Promise<string> {
  return new ClientSecretCredential(cloud.env1(tenantKey), appId, secret, cloud.identityOptions)
    .getToken("https://containerregistry.azure.net/.default")
    .then(() => "token", String);
}

test("Accept makes the service principal in that tenant alone, and goes back with what was asked", async () => {
  const app = await pullApp();
  expect(await signIn("TENANT_B", app)).toContain("AADSTS7000229");
  const asked = { client_id: app.appId, scope, redirect_uri: redirectUri, state: "s & t=1" };
  const url = consentUrl(cloud.env1("TENANT_B"), asked);
  const shown = await fetch(url);
  expect(shown.headers.get("content-type")).toContain("text/html");
  expect(shown.headers.get("content-security-policy")).toContain("default-src 'none'");
  const page = await shown.text();
  expect(page).toContain("Fabrikam Registry");
  expect(page).toContain("Sign in and read user profile");
  expect(page).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;");
  expect(page).not.toContain("<script>");
  expect(await signIn("TENANT_B", app)).toContain("AADSTS7000229");

  const back = await press(page, url, "accept");
  expect(`${back.origin}${back.pathname}`).toBe(redirectUri);
  expect(Object.fromEntries(back.searchParams)).toEqual({
    admin_consent: "True",
    tenant: cloud.env1("TENANT_B"),
    scope,
    state: "s & t=1",
  });
  expect(await signIn("TENANT_B", app)).toBe("token");
  expect(await signIn("TENANT_C", app)).toContain("AADSTS7000229");
});

test("Cancel changes nothing and says so the way Entra does, admin_consent=True included", async () => {
  const app = await pullApp();
  const url = consentUrl(cloud.env1("TENANT_B"), {
    client_id: app.appId,
    scope,
    redirect_uri: redirectUri,
    state: "s",
  });
  const back = await press(await (await fetch(url)).text(), url, "cancel");
  expect(Object.fromEntries(back.searchParams)).toEqual({
    admin_consent: "True",
    error: "consent_required",
    error_description: expect.stringContaining("AADSTS65004"),
    state: "s",
  });
  expect(await signIn("TENANT_B", app)).toContain("AADSTS7000229");
});

test("the first version of the page gives no state back when cancelled", async () => {
  const app = await pullApp();
  const asked = { client_id: app.appId, redirect_uri: redirectUri, state: "s" };
  const url = consentUrl(cloud.env1("TENANT_B"), asked, "");
  const page = await (await fetch(url)).text();
  expect(Object.fromEntries((await press(page, url, "cancel")).searchParams)).toEqual({
    error: "permission_denied",
    error_description: "The admin canceled the request",
  });
  expect(Object.fromEntries((await press(page, url, "accept")).searchParams)).toEqual({
    tenant: cloud.env1("TENANT_B"),
    state: "s",
    admin_consent: "True",
  });
});

test("asked of organizations, the page lets the administrator pick the tenant", async () => {
  const app = await pullApp();
  const asked = { client_id: app.appId, scope, redirect_uri: redirectUri };
  const page = await (await fetch(consentUrl("organizations", asked))).text();
  expect(page).toContain(`href="/${cloud.env1("TENANT_C")}/v2.0/adminconsent?client_id=${app.appId}`);
});

test.each([
  ["a redirect address that is not registered", { redirect_uri: "https://evil.example/<b>" }, "AADSTS50011"],
  ["an application nobody knows", { client_id: "10000000-0000-4000-8000-ffffffffffff" }, "AADSTS700016"],
  ["a single-tenant application", { client_id: "10000000-0000-4000-8000-00000000010a" }, "AADSTS50194"],
  ["no scope", { scope: "" }, "AADSTS900144"],
])("a link with %s shows the error and redirects nowhere, whatever is posted", async (_title, changed, code) => {
  const { appId } = await pullApp();
  const url = consentUrl(cloud.env1("TENANT_B"), { client_id: appId, scope, redirect_uri: redirectUri, ...changed });
  for (const method of ["GET", "POST"]) {
    const answer = await fetch(url, {
      method,
      redirect: "manual",
      ...(method === "POST" && { body: new URLSearchParams({ decision: "accept" }) }),
    });
    expect(answer.status).toBe(400);
    const page = await answer.text();
    expect(page).toContain(code);
    expect(page).not.toContain("<b>");
  }
});

test("the control service and the command in the environment accept like the page", async () => {
  const byControl = await pullApp("by control");
  const answer = await cloud.control("POST", "/control/consent", {
    tenantId: cloud.env1("TENANT_B"),
    clientId: byControl.appId,
    accept: true,
  });
  expect(answer).toMatchObject({ status: 200, body: { accepted: true } });
  expect(await signIn("TENANT_B", byControl)).toBe("token");

  const byCommand = await pullApp("by command");
  await promisify(execFile)("sh", ["-c", cloud.env1("CONSENT_CMD")], {
    env: { ...process.env, APP_ID: byCommand.appId },
  });
  expect(await signIn("TENANT_B", byCommand)).toBe("token");

  const unknown = await cloud.control("POST", "/control/consent", { tenantId: cloud.env1("TENANT_B"), clientId: "x" });
  expect(unknown).toMatchObject({ status: 400, body: { detail: expect.stringContaining("AADSTS700016") } });
});
