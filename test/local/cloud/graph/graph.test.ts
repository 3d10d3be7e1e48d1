import { Client } from "@microsoft/microsoft-graph-client";
import type { Application, PasswordCredential, ServicePrincipal } from "@microsoft/microsoft-graph-types";
import { ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";
import { jsonOf, testCloud, type TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud();
  process.env["IDENTITY_ENDPOINT"] = cloud.env1("IDENTITY_ENDPOINT");
  process.env["IDENTITY_HEADER"] = cloud.env1("IDENTITY_HEADER");
});
afterAll(() => cloud.close());

const scope = "https://graph.microsoft.com/.default";

function graphOf(getToken: () => Promise<string>): Client {
  return Client.initWithMiddleware({
    baseUrl: cloud.env1("GRAPH_URL"),
    defaultVersion: "v1.0",
    customHosts: new Set(["localhost"]),
    authProvider: { getAccessToken: getToken },
  });
}

/** The automation application with Application.ReadWrite.OwnedBy in tenant A. */
function automation(): Client {
  const identity = new ManagedIdentityCredential({ clientId: cloud.env1("MANAGED_IDENTITY_CLIENT_ID") });
  const credential = new ClientAssertionCredential(
    cloud.env1("TENANT_A"),
    cloud.env1("AUTOMATION_CLIENT_ID"),
    async () => (await identity.getToken("api://AzureADTokenExchange/.default")).token,
    cloud.identityOptions,
  );
  return graphOf(async () => (await credential.getToken(scope)).token);
}

function administrator(tenant = "TENANT_A"): Client {
  return graphOf(async () => (await cloud.credential(tenant, "").getToken(scope)).token);
}

const pullApp = (displayName: string) => ({
  displayName,
  signInAudience: "AzureADMultipleOrgs",
  servicePrincipalLockConfiguration: { isEnabled: true, allProperties: true },
  requiredResourceAccess: [
    {
      resourceAppId: "00000003-0000-0000-c000-000000000000",
      resourceAccess: [{ id: "e1fe6dd8-ba31-4d61-89e7-88639da4683d", type: "Scope" }],
    },
  ],
  web: { redirectUris: ["http://localhost:7071/api/consent"] },
});

async function put(graph: Client, uniqueName: string): Promise<Application | undefined> {
  return graph
    .api(`/applications(uniqueName='${uniqueName}')`)
    .header("Prefer", "create-if-missing")
    .patch(pullApp(uniqueName));
}

test("an upsert makes an application once and answers an update without a body", async () => {
  const graph = automation();
  const made = await put(graph, "put-once");
  expect(made).toMatchObject({ uniqueName: "put-once", signInAudience: "AzureADMultipleOrgs" });
  expect(await put(graph, "put-once")).toBeFalsy();
  const listed = await graph.api("/applications").filter("uniqueName eq 'put-once'").get();
  expect(listed.value).toEqual([expect.objectContaining({ id: made?.id, appId: made?.appId })]);
  const read = await graph.api("/applications(uniqueName='put-once')").select("id,appId").get();
  expect(read).toEqual({ "@odata.context": expect.any(String), id: made?.id, appId: made?.appId });
});

test("without the Prefer header a missing application stays missing", async () => {
  const refused = automation().api("/applications(uniqueName='never')").patch(pullApp("never"));
  await expect(refused).rejects.toMatchObject({ statusCode: 404, code: "Request_ResourceNotFound" });
});

test("an application made without an audience admits personal accounts, as in Graph", async () => {
  const made: Application = await automation().api("/applications").post({ displayName: "no audience" });
  expect(made.signInAudience).toBe("AzureADandPersonalMicrosoftAccount");
});

test("a service principal is made by a second call, and only once", async () => {
  const graph = automation();
  const { appId } = (await put(graph, "with-principal")) ?? {};
  await expect(graph.api(`/servicePrincipals(appId='${appId}')`).get()).rejects.toMatchObject({ statusCode: 404 });
  const made: ServicePrincipal = await graph.api("/servicePrincipals").post({ appId });
  expect(made).toMatchObject({
    appId,
    appOwnerOrganizationId: cloud.env1("TENANT_A"),
    servicePrincipalType: "Application",
  });
  await expect(graph.api("/servicePrincipals").post({ appId })).rejects.toMatchObject({
    statusCode: 409,
    message: expect.stringContaining("already in use"),
  });
  const listed = await graph.api("/servicePrincipals").filter(`appId eq '${appId}'`).get();
  expect(listed.value).toEqual([expect.objectContaining({ id: made.id })]);
});

test("a password is shown once, works at the token endpoint, and does not after its removal", async () => {
  const graph = automation();
  const app = await put(graph, "with-password");
  await graph.api("/servicePrincipals").post({ appId: app?.appId });
  const endDateTime = new Date(Date.now() + 3_600_000).toISOString();
  const asked = { passwordCredential: { displayName: "crosspull test", endDateTime } };
  const made: PasswordCredential = await graph.api(`/applications/${app?.id}/addPassword`).post(asked);
  expect(made).toMatchObject({ displayName: "crosspull test", endDateTime, hint: made.secretText?.slice(0, 3) });
  const read: Application = await graph.api(`/applications/${app?.id}`).select("passwordCredentials").get();
  expect(read.passwordCredentials).toEqual([expect.objectContaining({ keyId: made.keyId, secretText: null })]);

  const signIn = async (): Promise<unknown> =>
    new ClientSecretCredential(cloud.env1("TENANT_A"), app?.appId ?? "", made.secretText ?? "", cloud.identityOptions)
      .getToken("https://management.azure.com/.default")
      .then(() => "token", String);
  expect(await signIn()).toBe("token");
  await graph.api(`/applications(appId='${app?.appId}')/removePassword`).post({ keyId: made.keyId });
  expect(await signIn()).toContain("AADSTS7000215");
  await expect(graph.api(`/applications/${app?.id}/removePassword`).post({ keyId: made.keyId })).rejects.toMatchObject({
    statusCode: 400,
  });
});

test("a new password is refused until it has replicated", async () => {
  const graph = automation();
  const app = await put(graph, "slow-password");
  await graph.api("/servicePrincipals").post({ appId: app?.appId });
  await cloud.control("PUT", "/control/timings", { secretReplicationInSeconds: 0.3 });
  const { secretText }: PasswordCredential = await graph.api(`/applications/${app?.id}/addPassword`).post({});
  await cloud.control("PUT", "/control/timings", { secretReplicationInSeconds: 0 });
  const credential = (): ClientSecretCredential =>
    new ClientSecretCredential(cloud.env1("TENANT_A"), app?.appId ?? "", secretText ?? "", cloud.identityOptions);
  await expect(credential().getToken(scope)).rejects.toThrow(/AADSTS7000215/);
  const deadline = Date.now() + 10_000;
  let token;
  while (!token && Date.now() < deadline)
    token = await credential()
      .getToken(scope)
      .catch(() => undefined);
  expect(token).toBeDefined();
});

test("OwnedBy reaches what the caller made, and nothing else", async () => {
  const graph = automation();
  const { value } = await administrator().api("/applications").filter("startswith(displayName,'Crosspull op')").get();
  const foreign: Application = value[0];
  expect(foreign.displayName).toBe("Crosspull operator");
  for (const attempt of [
    graph.api(`/applications/${foreign.id}`).patch({ displayName: "mine now" }),
    graph.api(`/applications/${foreign.id}`).delete(),
    graph.api(`/applications/${foreign.id}/addPassword`).post({}),
  ])
    await expect(attempt).rejects.toMatchObject({ statusCode: 403, code: "Authorization_RequestDenied" });
  await administrator()
    .api(`/applications/${foreign.id}`)
    .patch({ tags: ["seen by the administrator"] });
  const read: Application = await graph.api(`/applications/${foreign.id}`).get();
  expect(read).toMatchObject({ displayName: "Crosspull operator", tags: ["seen by the administrator"] });
});

test("an application of one tenant cannot be seen from another, but its service principal can be made there", async () => {
  const app = await put(automation(), "seen-from-b");
  const inB = administrator("TENANT_B");
  await expect(inB.api(`/applications/${app?.id}`).get()).rejects.toMatchObject({ statusCode: 404 });
  const made: ServicePrincipal = await inB.api("/servicePrincipals").post({ appId: app?.appId });
  expect(made.appOwnerOrganizationId).toBe(cloud.env1("TENANT_A"));
});

test("a service principal that its tenant's administrator disabled cannot sign in there", async () => {
  const graph = automation();
  const app = await put(graph, "to-disable");
  const { secretText } = await graph.api(`/applications/${app?.id}/addPassword`).post({});
  const inB = administrator("TENANT_B");
  const { id } = await inB.api("/servicePrincipals").post({ appId: app?.appId });
  const signIn = (): Promise<unknown> =>
    new ClientSecretCredential(cloud.env1("TENANT_B"), app?.appId ?? "", secretText, cloud.identityOptions).getToken(
      scope,
    );
  await expect(signIn()).resolves.toHaveProperty("token");
  await inB.api(`/servicePrincipals/${id}`).patch({ accountEnabled: false });
  await expect(signIn()).rejects.toThrow(/AADSTS7000112/);
});

test("deleting an application ends its sign-in", async () => {
  const graph = automation();
  const app = await put(graph, "to-delete");
  await graph.api("/servicePrincipals").post({ appId: app?.appId });
  const { secretText } = await graph.api(`/applications/${app?.id}/addPassword`).post({});
  await graph.api(`/applications/${app?.id}`).delete();
  await expect(graph.api(`/applications/${app?.id}`).get()).rejects.toMatchObject({ statusCode: 404 });
  const credential = new ClientSecretCredential(
    cloud.env1("TENANT_A"),
    app?.appId ?? "",
    secretText,
    cloud.identityOptions,
  );
  await expect(credential.getToken(scope)).rejects.toThrow(/AADSTS700016/);
});

test("a client without a Graph role, without a token or with another service's token is refused", async () => {
  const nobody = graphOf(async () => (await cloud.credential("TENANT_A", "NOBODY").getToken(scope)).token);
  await expect(nobody.api("/applications").get()).rejects.toMatchObject({ statusCode: 403 });
  const foreign = graphOf(
    async () => (await cloud.credential("TENANT_A", "").getToken("https://vault.azure.net/.default")).token,
  );
  await expect(foreign.api("/applications").get()).rejects.toMatchObject({
    statusCode: 401,
    code: "InvalidAuthenticationToken",
  });
  const bare = await fetch(`${cloud.env1("GRAPH_URL")}/v1.0/applications`);
  expect(bare.status).toBe(401);
});

test.each([
  ["a body that is no JSON", "{", "Unable to read JSON request payload"],
  ["a property Graph does not have", '{"displayName":"x","nonsense":1}', "Invalid property 'nonsense'."],
  ["a value of the wrong type", '{"displayName":7}', "'displayName'"],
  ["no name", "{}", "'displayName'"],
])("creating an application from %s is a bad request", async (_title, body, words) => {
  const { token } = await cloud.credential("TENANT_A", "").getToken(scope);
  const answer = await fetch(`${cloud.env1("GRAPH_URL")}/v1.0/applications`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body,
  });
  expect(answer.status).toBe(400);
  const { error } = await jsonOf<{ error: { message: string } }>(answer);
  expect(error).toMatchObject({ code: "Request_BadRequest", innerError: { "request-id": expect.any(String) } });
  expect(error.message).toContain(words);
});

test("a segment Graph does not offer here answers as an unknown one", async () => {
  await expect(administrator().api("/users").get()).rejects.toMatchObject({
    statusCode: 400,
    message: "Resource not found for the segment 'users'.",
  });
});
