import { Client } from "@microsoft/microsoft-graph-client";
import type { Application, PasswordCredential } from "@microsoft/microsoft-graph-types";
import { arm, cloudWithPuller, grant, puller, pullerIn, registryId, roles } from "../arm/people.ts";
import { jsonOf, type TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller({ consistency: { enabled: true, seed: 7, replicas: 10 } });
});
afterAll(() => cloud.close());
afterEach(() => cloud.control("POST", "/control/reset"));

const later = (advanceInSeconds: number): Promise<unknown> =>
  cloud.control("POST", "/control/clock", { advanceInSeconds });

function graph(): Client {
  const credential = cloud.credential("TENANT_A", "");
  return Client.initWithMiddleware({
    baseUrl: cloud.env1("GRAPH_URL"),
    customHosts: new Set(["localhost"]),
    authProvider: {
      getAccessToken: async () => (await credential.getToken("https://graph.microsoft.com/.default")).token,
    },
  });
}

/** What forty sign-ins one after another were answered. */
async function signIns(appId: string, secret: string): Promise<ReadonlySet<number>> {
  const seen = new Set<number>();
  for (let count = 0; count < 40; count += 1) {
    const answer = await fetch(`${cloud.env1("ENTRA_URL")}/${cloud.env1("TENANT_A")}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: appId,
        client_secret: secret,
        scope: "https://management.azure.com/.default",
      }),
    });
    const { error_codes: [code] = [0] } = await jsonOf<{ error_codes?: number[] }>(answer);
    seen.add(code ?? 0);
  }
  return seen;
}

async function newApplication(): Promise<Application> {
  const made: Application = await graph().api("/applications").post({ displayName: "young" });
  await later(120);
  await graph().api("/servicePrincipals").post({ appId: made.appId });
  await later(2000);
  return made;
}

test("everything of the estate is known everywhere from the start", async () => {
  expect(await signIns(puller.appId, puller.secret)).toEqual(new Set([0]));
});

test("a new password is refused, then accepted here and refused there, then accepted everywhere", async () => {
  const { id, appId } = await newApplication();
  const { secretText }: PasswordCredential = await graph().api(`/applications/${id}/addPassword`).post({});
  expect(await signIns(appId ?? "", secretText ?? "")).toEqual(new Set([7000215]));
  await later(8);
  expect(await signIns(appId ?? "", secretText ?? "")).toEqual(new Set([0, 7000215]));
  await later(100);
  expect(await signIns(appId ?? "", secretText ?? "")).toEqual(new Set([0]));
});

test("a removed password goes on working for a while", async () => {
  const { id, appId } = await newApplication();
  const { secretText, keyId }: PasswordCredential = await graph().api(`/applications/${id}/addPassword`).post({});
  await later(100);
  await graph().api(`/applications/${id}/removePassword`).post({ keyId });
  expect(await signIns(appId ?? "", secretText ?? "")).toEqual(new Set([0]));
  await later(30);
  expect(await signIns(appId ?? "", secretText ?? "")).toEqual(new Set([0, 7000215]));
  await later(800);
  expect(await signIns(appId ?? "", secretText ?? "")).toEqual(new Set([7000215]));
});

test("who made an application finds it by its id at once, and its new service principal cannot sign in at first", async () => {
  const { id, appId }: Application = await graph().api("/applications").post({ displayName: "young" });
  await expect(graph().api(`/applications/${id}`).get()).resolves.toMatchObject({ appId });
  await later(120);
  await graph().api("/servicePrincipals").post({ appId });
  expect(await signIns(appId ?? "", "any-secret-will-do")).toEqual(new Set([7000229]));
  await later(2000);
  expect(await signIns(appId ?? "", "any-secret-will-do")).toEqual(new Set([7000215]));
});

test("a role assignment is honoured by one replica before the other, by all in the end", async () => {
  const id = registryId("fabrikamprod");
  const { token } = await pullerIn(cloud, "TENANT_B").getToken("https://management.azure.com/.default");
  const statuses = async (): Promise<ReadonlySet<number>> => {
    const seen = new Set<number>();
    for (let count = 0; count < 40; count += 1)
      seen.add((await arm(cloud, "GET", `${id}?api-version=2025-11-01`, { token })).status);
    return seen;
  };
  await grant(cloud, id, puller.inTenantB, roles.reader);
  expect(await statuses()).toEqual(new Set([403]));
  await later(90);
  expect(await statuses()).toEqual(new Set([200, 403]));
  await later(2500);
  expect(await statuses()).toEqual(new Set([200]));
});

test("nothing of it happens unless it is switched on, which the control service does too", async () => {
  const off = await cloud.control<{ enabled: boolean }>("PUT", "/control/consistency", { enabled: false });
  expect(off.body).toMatchObject({ enabled: false, seed: 7 });
  const { id, appId }: Application = await graph().api("/applications").post({ displayName: "at once" });
  await graph().api("/servicePrincipals").post({ appId });
  const { secretText }: PasswordCredential = await graph().api(`/applications/${id}/addPassword`).post({});
  expect(await signIns(appId ?? "", secretText ?? "")).toEqual(new Set([0]));
  expect((await cloud.control("PUT", "/control/consistency", { replicas: 0 })).status).toBe(400);
  await cloud.control("PUT", "/control/consistency", { enabled: true });
});
