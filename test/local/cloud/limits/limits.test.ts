import { arm, armScope, clusterId, cloudWithPuller, registryId, subscriptionA } from "../arm/people.ts";
import { jsonOf, type TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller({ limits: { enabled: true, scale: 0.02 } });
});
afterAll(() => cloud.close());
beforeEach(() => cloud.control("PUT", "/control/limits", { enabled: true }));

const subscriptions = `${subscriptionA}?api-version=2022-12-01`;

test("Resource Manager counts reads down, refuses with Retry-After, and admits again when that is over", async () => {
  const left = [];
  for (let count = 0; count < 5; count += 1) {
    const { headers, status } = await arm(cloud, "GET", subscriptions);
    expect(status).toBe(200);
    left.push(Number(headers.get("x-ms-ratelimit-remaining-subscription-reads")));
  }
  expect(left).toEqual([4, 3, 2, 1, 0]);
  const refused = await arm(cloud, "GET", subscriptions);
  expect([refused.status, refused.body.error.code]).toEqual([429, "SubscriptionRequestsThrottled"]);
  const seconds = Number(refused.headers.get("retry-after"));
  expect(seconds).toBeGreaterThanOrEqual(1);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: seconds });
  expect((await arm(cloud, "GET", subscriptions)).status).toBe(200);
});

test("another caller, another subscription and a write have buckets of their own", async () => {
  for (let count = 0; count < 6; count += 1) await arm(cloud, "GET", subscriptions);
  expect((await arm(cloud, "GET", subscriptions)).status).toBe(429);
  const { token } = await cloud.credential("TENANT_A", "READER").getToken(armScope);
  expect((await arm(cloud, "GET", subscriptions, { token })).status).not.toBe(429);
  const other = registryId("fabrikamprod");
  expect((await arm(cloud, "GET", `${other}?api-version=2025-11-01`, { tenant: "TENANT_B" })).status).toBe(200);
  const write = await arm(
    cloud,
    "POST",
    `${clusterId("aks-prod")}/resetServicePrincipalProfile?api-version=2026-06-01`,
    {
      body: {},
    },
  );
  expect(write.status).toBe(400);
  expect(write.headers.get("x-ms-ratelimit-remaining-subscription-writes")).toBe("3");
});

test("AKS has buckets of its own, and its own word for it", async () => {
  const path = `${clusterId("aks-prod")}?api-version=2026-06-01`;
  expect((await arm(cloud, "GET", path)).status).toBe(200);
  const { status, body, headers } = await arm(cloud, "GET", path);
  expect([status, body.error.code]).toEqual([429, "Throttled"]);
  expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
});

test.each([
  ["Graph", 70, "GRAPH_URL", "/v1.0/applications?$top=1", "https://graph.microsoft.com/.default", "TooManyRequests"],
  ["Key Vault", 80, "VAULT_URL", "/secrets?api-version=7.5", "https://vault.azure.net/.default", "Throttled"],
])("%s admits %i calls and refuses the next", async (_service, most, key, path, scope, code) => {
  const { token } = await cloud.credential("TENANT_A", "").getToken(scope);
  const call = (): Promise<Response> =>
    fetch(`${cloud.env1(key)}${path}`, { headers: { authorization: `Bearer ${token}` } });
  // The buckets fill while we are at it.
  let admitted = 0;
  let answer = await call();
  for (; answer.status === 200 && admitted < 10 * most; answer = await call()) admitted += 1;
  expect(admitted).toBeGreaterThanOrEqual(most);
  expect(answer.status).toBe(429);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(await jsonOf(answer)).toMatchObject({ error: { code } });
});

test("a registry limits its token endpoint", async () => {
  const statuses = new Set<number>();
  for (let count = 0; count < 300 && !statuses.has(429); count += 1) {
    const answer = await fetch(`https://${cloud.env1("ACR_LOGIN_SERVER")}/oauth2/token`, { method: "POST" });
    statuses.add(answer.status);
    if (answer.status === 429) expect(await jsonOf(answer)).toMatchObject({ errors: [{ code: "TOOMANYREQUESTS" }] });
  }
  expect(statuses).toContain(429);
});

test("nothing is counted unless it is switched on", async () => {
  await cloud.control("PUT", "/control/limits", { enabled: false });
  for (let count = 0; count < 10; count += 1) {
    const { status, headers } = await arm(cloud, "GET", subscriptions);
    expect([status, headers.get("x-ms-ratelimit-remaining-subscription-reads")]).toEqual([200, null]);
  }
});
