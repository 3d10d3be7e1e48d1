import { testCloud, type TestCloud } from "../kit/cloud.ts";
import { administrator, automation, later, signIn, type GraphAnswer, type GraphCall } from "./callers.ts";
import { struck, turn } from "../life/turning.ts";

let cloud: TestCloud;
let owner: GraphCall;
let admin: GraphCall;
beforeAll(async () => {
  cloud = await testCloud();
  owner = await automation(cloud);
  admin = await administrator(cloud);
});
afterAll(() => cloud.close());
afterEach(async () => {
  await turn(cloud, { softDeletedApplications: false, directoryQuota: false, applicationLimits: false });
  await turn(cloud, { instanceLock: false, audienceAtSignIn: false });
  await cloud.control("POST", "/control/reset");
});

const put = (name: string, call = owner): Promise<GraphAnswer> =>
  call(
    "PATCH",
    `/applications(uniqueName='${name}')`,
    { displayName: name, signInAudience: "AzureADMultipleOrgs" },
    { prefer: "create-if-missing" },
  );
const taken = {
  status: 400,
  body: {
    error: {
      code: "Request_BadRequest",
      message: "Another object with the same value for property uniqueName already exists.",
    },
  },
};

describe("a deleted application", () => {
  test("keeps its uniqueName until it is purged, which its owner may do", async () => {
    await turn(cloud, { softDeletedApplications: true });
    const { body: app } = await put("kept-name");
    await owner("POST", "/servicePrincipals", { appId: app.appId });
    expect((await owner("DELETE", `/applications/${app.id}`)).status).toBe(204);
    expect(await put("kept-name")).toMatchObject(taken);
    expect(await owner("POST", "/applications", { displayName: "x", uniqueName: "kept-name" })).toMatchObject(taken);
    const listed = await owner("GET", "/directory/deletedItems/microsoft.graph.application?$select=id,uniqueName");
    expect(listed.body.value).toEqual([{ id: app.id, uniqueName: "kept-name" }]);
    const principals = await owner("GET", "/directory/deletedItems/microsoft.graph.servicePrincipal");
    expect(principals.body.value).toMatchObject([{ appId: app.appId }]);
    const { body: state } = await cloud.control<{ entra: { tenants: unknown[] } }>("GET", "/control/state");
    expect(state.entra.tenants[0]).toMatchObject({
      deletedItems: [{ kind: "servicePrincipal" }, { kind: "application", id: app.id, uniqueName: "kept-name" }],
    });
    expect(await owner("GET", `/directory/deletedItems/${app.id}`)).toMatchObject({
      status: 200,
      body: { "@odata.type": "#microsoft.graph.application", deletedDateTime: expect.any(String) },
    });
    expect((await owner("DELETE", `/directory/deletedItems/${app.id}`)).status).toBe(204);
    expect((await owner("GET", `/directory/deletedItems/${app.id}`)).status).toBe(404);
    expect((await put("kept-name")).status).toBe(201);
    expect(await struck(cloud, "softDeletedApplications")).toBeGreaterThan(2);
  });

  test("comes back with its service principal and its passwords when it is restored", async () => {
    await turn(cloud, { softDeletedApplications: true });
    const { body: app } = await put("restored");
    await owner("POST", "/servicePrincipals", { appId: app.appId });
    const { body: password } = await owner("POST", `/applications/${app.id}/addPassword`, {});
    const client = { appId: app.appId, secret: password.secretText };
    await owner("DELETE", `/applications/${app.id}`);
    expect(await signIn(cloud, "TENANT_A", client)).toBe(700016);
    expect((await owner("POST", `/directory/deletedItems/${app.id}/restore`)).status).toBe(200);
    expect(await signIn(cloud, "TENANT_A", client)).toBe(0);
    expect((await put("restored")).status).toBe(204);
    expect((await owner("GET", "/directory/deletedItems/microsoft.graph.servicePrincipal")).body.value).toEqual([]);
  });

  test("of somebody else cannot be restored or purged by who may change only its own", async () => {
    await turn(cloud, { softDeletedApplications: true });
    const { body: app } = await put("an-administrators", admin);
    await admin("DELETE", `/applications/${app.id}`);
    for (const [method, path] of [
      ["POST", `/directory/deletedItems/${app.id}/restore`],
      ["DELETE", `/directory/deletedItems/${app.id}`],
    ] as const)
      expect(await owner(method, path)).toMatchObject({
        status: 403,
        body: { error: { code: "Authorization_RequestDenied" } },
      });
    expect((await admin("DELETE", `/directory/deletedItems/${app.id}`)).status).toBe(204);
  });

  test("is gone after thirty days, its name with it", async () => {
    await turn(cloud, { softDeletedApplications: true });
    const { body: app } = await put("for a month");
    await owner("DELETE", `/applications/${app.id}`);
    const day = 86_400;
    await later(cloud, 29 * day);
    const again = await automation(cloud);
    expect(await put("for a month", again)).toMatchObject(taken);
    await later(cloud, 2 * day);
    const afterwards = await automation(cloud);
    expect((await put("for a month", afterwards)).status).toBe(201);
    owner = afterwards;
    admin = await administrator(cloud);
  });

  test("is gone at once, its name with it, while the switch is off", async () => {
    const { body: app } = await put("free at once");
    await owner("DELETE", `/applications/${app.id}`);
    expect((await owner("GET", `/directory/deletedItems/${app.id}`)).status).toBe(404);
    expect((await put("free at once")).status).toBe(201);
    expect(await struck(cloud, "softDeletedApplications")).toBe(0);
  });
});

test("a uniqueName that is taken is a bad request, not a conflict", async () => {
  await put("taken");
  expect(await owner("POST", "/applications", { displayName: "x", uniqueName: "taken" })).toMatchObject(taken);
});

describe("who has no directory role", () => {
  const fill = async (call: GraphCall, count: number): Promise<void> => {
    for (let made = 0; made < count; made += 1)
      expect((await call("POST", "/applications", { displayName: `one of many ${made}` })).status).toBe(201);
  };

  test("makes 250 objects, deleted ones counted; the administrator makes more", async () => {
    await turn(cloud, { directoryQuota: true, softDeletedApplications: true });
    await fill(owner, 248);
    const { body: app } = await put("the 249th");
    expect((await owner("POST", "/servicePrincipals", { appId: app.appId })).status).toBe(201);
    const full = { status: 403, body: { error: { code: "Directory_QuotaExceeded" } } };
    expect(await put("one too many")).toMatchObject(full);
    await owner("DELETE", `/applications/${app.id}`);
    expect(await put("one too many")).toMatchObject(full);
    await owner("DELETE", `/directory/deletedItems/${app.id}`);
    const { body: last } = await put("room again");
    expect(await owner("POST", "/servicePrincipals", { appId: last.appId })).toMatchObject(full);
    expect(await struck(cloud, "directoryQuota")).toBe(3);
    await fill(admin, 251);
    // Who has a directory role has no quota.
    const { body: state } = await cloud.control<{ entra: { tenants: { quotas: object[] }[] } }>(
      "GET",
      "/control/state",
    );
    expect(state.entra.tenants[0]?.quotas).toEqual([{ principalId: expect.any(String), made: 250, most: 250 }]);
  });

  test("makes as many as it likes while the switch is off", async () => {
    await fill(owner, 251);
    expect(await struck(cloud, "directoryQuota")).toBe(0);
  });
});

test("an application holds at most 1,200 entries while the switch is on", async () => {
  const tags = Array.from({ length: 1201 }, (_, index) => `tag ${index}`);
  expect((await owner("POST", "/applications", { displayName: "large", tags })).status).toBe(201);
  await turn(cloud, { applicationLimits: true });
  const refused = await owner("POST", "/applications", { displayName: "too large", tags });
  expect(refused).toMatchObject({ status: 400, body: { error: { code: "Directory_ResourceSizeExceeded" } } });
  expect(await struck(cloud, "applicationLimits")).toBe(1);
});

describe("a service principal in another tenant", () => {
  const locked = { servicePrincipalLockConfiguration: { isEnabled: true, allProperties: true } };
  const inB = async (settings: object): Promise<{ app: GraphAnswer["body"]; principal: string; there: GraphCall }> => {
    const asked = { displayName: "abroad", signInAudience: "AzureADMultipleOrgs", ...settings };
    const { body: app } = await admin("POST", "/applications", asked);
    const there = await administrator(cloud, "TENANT_B");
    const { body: principal } = await there("POST", "/servicePrincipals", { appId: app.appId });
    return { app, principal: principal.id, there };
  };

  test("gets a password of its own, which signs in there alone and can be removed again", async () => {
    const { app, principal, there } = await inB({});
    await admin("POST", "/servicePrincipals", { appId: app.appId });
    const { body: own } = await there("POST", `/servicePrincipals/${principal}/addPassword`, {});
    const client = { appId: app.appId, secret: own.secretText };
    expect(await signIn(cloud, "TENANT_B", client)).toBe(0);
    expect(await signIn(cloud, "TENANT_A", client)).toBe(7000215);
    expect((await admin("GET", `/applications/${app.id}`)).body.passwordCredentials).toEqual([]);
    await there("POST", `/servicePrincipals/${principal}/removePassword`, { keyId: own.keyId });
    expect(await signIn(cloud, "TENANT_B", client)).toBe(7000215);
  });

  test("gets none where the application locks that, while the switch is on", async () => {
    const { principal, there } = await inB(locked);
    expect((await there("POST", `/servicePrincipals/${principal}/addPassword`, {})).status).toBe(200);
    await turn(cloud, { instanceLock: true });
    const refused = await there("POST", `/servicePrincipals/${principal}/addPassword`, {});
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { code: "CannotUpdateLockedServicePrincipalProperty" } },
    });
    expect(await struck(cloud, "instanceLock")).toBe(1);
  });

  test("cannot sign in once its application admits its own tenant alone, while the switch is on", async () => {
    const { app } = await inB({});
    const { body: password } = await admin("POST", `/applications/${app.id}/addPassword`, {});
    await admin("PATCH", `/applications/${app.id}`, { signInAudience: "AzureADMyOrg" });
    const client = { appId: app.appId, secret: password.secretText };
    expect(await signIn(cloud, "TENANT_B", client)).toBe(0);
    await turn(cloud, { audienceAtSignIn: true });
    expect(await signIn(cloud, "TENANT_B", client)).toBe(700016);
    expect(await struck(cloud, "audienceAtSignIn")).toBe(1);
  });
});
