import { arm, clusterId, cloudWithPuller, registryId, subscriptionA } from "../arm/people.ts";
import { jsonOf, type TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller();
});
afterAll(() => cloud.close());
beforeEach(() => cloud.control("DELETE", "/control/faults"));

const plant = async (fault: object): Promise<number> =>
  (await cloud.control("POST", "/control/faults", { status: 503, times: 1000, ...fault })).status;
const statusOf = async (resource: string, options: Parameters<typeof arm>[3] = {}): Promise<number> => {
  const version = resource.includes("managedClusters") ? "2026-06-01" : "2025-11-01";
  return (await arm(cloud, "GET", `${resource}?api-version=${version}`, options)).status;
};

test("a fault can be aimed at one resource and what is below it, in any case, and leaves others alone", async () => {
  const cluster = clusterId("aks-prod");
  expect(await plant({ service: "arm", resource: cluster.toUpperCase() })).toBe(201);
  expect(await statusOf(cluster)).toBe(503);
  expect(await statusOf(`${cluster}/agentPools`)).toBe(503);
  expect(await statusOf(clusterId("aks-staging"))).toBe(200);
  expect(await statusOf(`${cluster}-2`)).toBe(404);
  expect(await statusOf(`${subscriptionA}/resourceGroups`)).not.toBe(503);
});

test("a registry's own endpoint and a vault's belong to their ARM ids too", async () => {
  await plant({ service: "*", resource: registryId("fabrikamprod") });
  expect((await fetch(`https://${cloud.env1("ACR_LOGIN_SERVER")}/v2/`)).status).toBe(503);
  expect(await statusOf(registryId("fabrikamprod"), { tenant: "TENANT_B" })).toBe(503);
  expect(await statusOf(registryId("fabrikamabac"), { tenant: "TENANT_B" })).toBe(200);
  await cloud.control("DELETE", "/control/faults");
  const { vault } = (await cloud.control<{ vault: { id: string } }>("GET", "/control/state")).body;
  await plant({ service: "vault", resource: `${vault.id}/secrets/one` });
  const secret = async (name: string): Promise<number> =>
    (await fetch(`${cloud.env1("VAULT_URL")}/secrets/${name}?api-version=7.5`)).status;
  expect([await secret("one"), await secret("other")]).toEqual([503, 401]);
});

test("a fault can be aimed at one tenant: what is in it, and who signs in there", async () => {
  await plant({ service: "*", tenantId: cloud.env1("TENANT_B") });
  const signIn = async (tenant: string): Promise<number> =>
    (await fetch(`${cloud.env1("ENTRA_URL")}/${cloud.env1(tenant)}/oauth2/v2.0/token`, { method: "POST" })).status;
  expect([await signIn("TENANT_A"), await signIn("TENANT_B")]).toEqual([400, 503]);
  expect(await statusOf(clusterId("aks-prod"))).toBe(200);
  expect((await fetch(`https://${cloud.env1("ACR_LOGIN_SERVER")}/v2/`)).status).toBe(503);
});

test.each(["client id", "object id"])("a fault can be aimed at one caller by its %s", async (kind) => {
  const scope = "https://management.azure.com/.default";
  const { token } = await cloud.credential("TENANT_A", "READER").getToken(scope);
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { oid: string };
  const caller = kind === "client id" ? cloud.env1("READER_CLIENT_ID") : claims.oid;
  await plant({ service: "*", caller: caller.toUpperCase() });
  expect(await statusOf(clusterId("aks-prod"), { token })).toBe(503);
  expect(await statusOf(clusterId("aks-prod"))).toBe(200);
  // A password names the application alone.
  const signIn = async (client: string): Promise<number> => {
    const [id, secret] = [cloud.env1(`${client}CLIENT_ID`), cloud.env1(`${client}CLIENT_SECRET`)];
    const body = new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret, scope });
    const address = `${cloud.env1("ENTRA_URL")}/${cloud.env1("TENANT_A")}/oauth2/v2.0/token`;
    return (await fetch(address, { method: "POST", body })).status;
  };
  expect([await signIn("READER_"), await signIn("")]).toEqual([503, 200]);
});

test("a fault with an end hits every call until then, by the cloud's clock", async () => {
  const { now } = (await cloud.control<{ now: string }>("GET", "/control/clock")).body;
  const until = new Date(Date.parse(now) + 600_000).toISOString();
  await cloud.control("POST", "/control/faults", { service: "arm", status: 503, until });
  const statuses = [];
  for (let count = 0; count < 3; count += 1) statuses.push(await statusOf(clusterId("aks-prod")));
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 601 });
  expect([...statuses, await statusOf(clusterId("aks-prod"))]).toEqual([503, 503, 503, 200]);
});

test.each([{ until: "tomorrow" }, { resource: "aks-prod" }, { caller: "" }])(
  "a fault aimed at %j is refused",
  async (aim) => expect(await plant({ service: "arm", ...aim })).toBe(400),
);

test("calls are counted by service, operation and caller since the last reset", async () => {
  interface Calls {
    readonly byCaller: readonly {
      readonly service: string;
      readonly operation: string;
      readonly caller: string | null;
      readonly calls: number;
    }[];
  }
  const { token } = await cloud.credential("TENANT_A", "READER").getToken("https://management.azure.com/.default");
  await cloud.control("DELETE", "/control/calls");
  for (let count = 0; count < 3; count += 1) await statusOf(clusterId("aks-prod"), { token });
  await statusOf(clusterId("aks-prod"));
  await jsonOf(await fetch(`${cloud.env1("ARM_URL")}/subscriptions?api-version=2022-12-01`));
  const { byCaller } = (await cloud.control<Calls>("GET", "/control/calls")).body;
  const get = { service: "arm", operation: "ManagedClusters_Get" };
  expect(byCaller).toEqual(
    expect.arrayContaining([
      { ...get, caller: cloud.env1("READER_CLIENT_ID"), calls: 3 },
      { ...get, caller: cloud.env1("CLIENT_ID"), calls: 1 },
      { service: "arm", operation: "Subscriptions_List", caller: null, calls: 1 },
    ]),
  );
  await cloud.control("POST", "/control/reset");
  expect((await cloud.control<Calls>("GET", "/control/calls")).body.byCaller.length).toBeLessThanOrEqual(1);
});
