import { testCloud, type TestCloud } from "../kit/cloud.ts";
import { administrator, automation, later, type GraphAnswer, type GraphCall } from "./callers.ts";
import { struck, turn } from "../life/turning.ts";

const path = "/policies/defaultAppManagementPolicy";
const restrictions = (...passwordCredentials: object[]): object => ({
  isEnabled: true,
  applicationRestrictions: { passwordCredentials },
});
const forbidden = restrictions({ restrictionType: "passwordAddition", state: "enabled" });
const ninetyDays = restrictions({ restrictionType: "passwordLifetime", state: "enabled", maxLifetime: "P90D" });

describe("set by an administrator", () => {
  let cloud: TestCloud;
  let admin: GraphCall;
  let appId = "";
  beforeEach(async () => {
    cloud = await testCloud();
    admin = await administrator(cloud);
    appId = (await admin("POST", "/applications", { displayName: "judged" })).body.id;
  });
  afterEach(() => cloud.close());

  const addFor = (days: number): Promise<GraphAnswer> =>
    admin("POST", `/applications/${appId}/addPassword`, {
      passwordCredential: { endDateTime: new Date(Date.now() + days * 86_400_000).toISOString() },
    });

  test("a policy forbids new passwords, or caps their life, whether the switch is on or off", async () => {
    expect((await addFor(180)).status).toBe(200);
    expect((await admin("PATCH", path, ninetyDays)).status).toBe(204);
    expect(await addFor(180)).toMatchObject({
      status: 400,
      body: { error: { code: "CredentialInvalidLifetimeAsPerAppPolicy" } },
    });
    expect((await addFor(89)).status).toBe(200);
    await admin("PATCH", path, forbidden);
    expect(await addFor(1)).toMatchObject({
      status: 400,
      body: { error: { code: "CredentialTypeNotAllowedAsPerAppPolicy" } },
    });
    expect((await admin("GET", path)).body).toMatchObject(forbidden);
  });

  test.each([
    ["is not enabled", { ...forbidden, isEnabled: false }],
    ["is disabled", restrictions({ restrictionType: "passwordAddition", state: "disabled" })],
    [
      "is for applications made later",
      restrictions({
        restrictionType: "passwordAddition",
        restrictForAppsCreatedAfterDateTime: "2999-01-01T00:00:00Z",
      }),
    ],
  ])("a restriction that %s holds for nothing", async (_title, policy) => {
    expect((await admin("PATCH", path, policy)).status).toBe(204);
    expect((await addFor(180)).status).toBe(200);
  });

  test("a policy forbids applications that admit other organizations", async () => {
    const audiences = { azureAdMultipleOrgs: { state: "enabled" } };
    await admin("PATCH", path, { isEnabled: true, applicationRestrictions: { audiences } });
    const multitenant = { displayName: "for others", signInAudience: "AzureADMultipleOrgs" };
    expect((await admin("POST", "/applications", multitenant)).status).toBe(400);
    expect((await admin("PATCH", `/applications/${appId}`, { signInAudience: "AzureADMultipleOrgs" })).status).toBe(
      400,
    );
    expect((await admin("POST", "/applications", { ...multitenant, signInAudience: "AzureADMyOrg" })).status).toBe(201);
  });

  test("a change acts within the hour while the switch is on", async () => {
    await turn(cloud, { appManagementPolicies: true });
    await admin("PATCH", path, forbidden);
    expect((await addFor(1)).status).toBe(200);
    expect(await struck(cloud, "appManagementPolicies")).toBe(1);
    await later(cloud, 3600);
    admin = await administrator(cloud);
    for (let asked = 0; asked < 5; asked += 1) expect((await addFor(2)).status).toBe(400);
  });

  test("who may not write policies cannot change it, nor anybody into nonsense", async () => {
    const owner = await automation(cloud);
    expect((await owner("PATCH", path, forbidden)).status).toBe(403);
    expect((await owner("GET", path)).status).toBe(403);
    expect((await admin("PATCH", path, restrictions({ restrictionType: "noSuchThing" }))).status).toBe(400);
    expect(
      (await admin("PATCH", path, restrictions({ restrictionType: "passwordLifetime", maxLifetime: "90" }))).status,
    ).toBe(400);
  });
});

describe("put by seed on some tenants", () => {
  const cap = async (cloud: TestCloud, tenantId: string): Promise<unknown> => {
    const answer = await fetch(`${cloud.env1("ENTRA_URL")}/${tenantId}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: cloud.env1("CLIENT_ID"),
        client_secret: cloud.env1("CLIENT_SECRET"),
        scope: "https://graph.microsoft.com/.default",
      }),
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    const policy = await fetch(`${cloud.env1("GRAPH_URL")}/v1.0${path}`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    return ((await policy.json()) as { applicationRestrictions: { passwordCredentials: unknown[] } })
      .applicationRestrictions.passwordCredentials[0];
  };

  test("a cap on the life of passwords, never in the tenant of the first cluster or registry", async () => {
    const cloud = await testCloud({ estate: "isv", life: { seed: 3, switches: ["appManagementPolicies"] } });
    const { body } = await cloud.control<{ entra: { tenants: { id: string; name: string }[] } }>(
      "GET",
      "/control/state",
    );
    const customers = body.entra.tenants.filter(({ name }) => name.startsWith("Customer"));
    const caps = await Promise.all(customers.map(({ id }) => cap(cloud, id)));
    const capped = caps.filter((one) => one !== undefined);
    expect(capped.length).toBeGreaterThan(0);
    expect(capped.length).toBeLessThan(customers.length / 2);
    expect(await struck(cloud, "appManagementPolicies")).toBe(capped.length);
    expect(capped[0]).toMatchObject({
      restrictionType: "passwordLifetime",
      maxLifetime: expect.stringMatching(/^P\d+D$/),
    });
    for (const key of ["TENANT_A", "TENANT_B"]) expect(await cap(cloud, cloud.env1(key))).toBeUndefined();
    await turn(cloud, { appManagementPolicies: false });
    expect((await Promise.all(customers.map(({ id }) => cap(cloud, id)))).filter((one) => one !== undefined)).toEqual(
      [],
    );
    await cloud.close();
  });
});
