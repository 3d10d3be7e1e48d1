import { arm, armScope, clusterId, cloudWithPuller, subscriptionA, type Answer } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";
import { struck, turnAll } from "../life/turning.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller({ limits: { scale: 0.02 } });
});
afterAll(() => cloud.close());
beforeEach(async () => {
  await cloud.control("PUT", "/control/limits", {});
  await cloud.control("POST", "/control/reset");
});

const version = "api-version=2026-06-01";
const getCluster = (name = "aks-prod"): Promise<Answer> => arm(cloud, "GET", `${clusterId(name)}?${version}`);
const advance = (advanceInSeconds: number): Promise<unknown> =>
  cloud.control("POST", "/control/clock", { advanceInSeconds });

/** One more than a bucket of one admits. */
async function beyond(name?: string): Promise<Answer> {
  await getCluster(name);
  return getCluster(name);
}

test("clusters are read from a bucket each, lists from a larger one", async () => {
  await turnAll(cloud, { throttling: true });
  expect((await beyond("aks-prod")).status).toBe(429);
  expect((await getCluster("aks-staging")).status).toBe(200);
  const lists = [];
  for (let count = 0; count < 12; count += 1)
    lists.push(
      (await arm(cloud, "GET", `${subscriptionA}/providers/Microsoft.ContainerService/managedClusters?${version}`)).body
        .error?.code,
    );
  // Resource Manager's own bucket of reads is the smaller one here.
  expect(lists).not.toContain("Throttled");
});

test("what Resource Manager itself keeps at a cluster, roles and locks, takes nothing from the limits of AKS", async () => {
  await turnAll(cloud, { throttling: true });
  const at = `${clusterId("aks-prod")}/providers/Microsoft.Authorization`;
  for (const path of ["roleAssignments?api-version=2022-04-01", "locks?api-version=2016-09-01"])
    for (let count = 0; count < 2; count += 1)
      expect((await arm(cloud, "GET", `${at}/${path}`)).body.error?.code).not.toBe("Throttled");
  expect((await getCluster()).status).toBe(200);
});

test("who goes beyond a limit is told to come back in seconds", async () => {
  await turnAll(cloud, { throttling: true });
  const { status, headers } = await beyond();
  expect(status).toBe(429);
  expect(Number(headers.get("retry-after"))).toBeLessThan(60);
  expect(await struck(cloud, "throttling")).toBe(1);
  expect(await struck(cloud, "longThrottling")).toBe(0);
});

test("with long throttling the wait is minutes, and holds until it is over", async () => {
  await turnAll(cloud, { longThrottling: true });
  const { status, headers } = await beyond();
  const seconds = Number(headers.get("retry-after"));
  expect(status).toBe(429);
  expect(seconds).toBeGreaterThanOrEqual(60);
  expect(seconds).toBeLessThanOrEqual(301);
  await advance(30);
  const again = await getCluster();
  expect([again.status, Number(again.headers.get("retry-after")) <= seconds - 29]).toEqual([429, true]);
  await advance(seconds);
  expect((await getCluster()).status).toBe(200);
  expect(await struck(cloud, "longThrottling")).toBe(1);
  expect(await struck(cloud, "throttling")).toBe(0);
});

describe("others use the same limits", () => {
  beforeEach(() => cloud.control("PUT", "/control/limits", { scale: 100 }));
  afterEach(() => cloud.control("PUT", "/control/limits", { scale: 0.02 }));

  const refusedOf = async (calls: number): Promise<readonly Answer[]> => {
    const signIn = async (): Promise<string> => (await cloud.credential("TENANT_A", "").getToken(armScope)).token;
    const refused: Answer[] = [];
    let token = await signIn();
    for (let count = 0; count < calls; count += 1) {
      const answer = await arm(cloud, "GET", `${clusterId("aks-prod")}?${version}`, { token });
      if (answer.status === 200) continue;
      refused.push(answer);
      await advance(301);
      token = await signIn();
    }
    return refused;
  };

  test("now and then a call is refused, however few one makes", async () => {
    await turnAll(cloud, { sharedLimits: true });
    const refused = await refusedOf(300);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(30);
    expect(refused[0]?.body.error.code).toBe("Throttled");
    expect(await struck(cloud, "sharedLimits")).toBe(refused.length);
  });

  test("never while the switch is off", async () => {
    await turnAll(cloud, { throttling: true });
    expect(await refusedOf(300)).toEqual([]);
  });

  test("with this switch alone nobody is refused for the number of their own calls", async () => {
    await cloud.control("PUT", "/control/limits", { scale: 0.02 });
    await turnAll(cloud, { sharedLimits: true });
    const before = await struck(cloud, "sharedLimits");
    const refused = await refusedOf(100);
    expect(await struck(cloud, "sharedLimits")).toBe(before + refused.length);
  });
});

test.each([
  [true, 0.25, 0.75],
  [false, 0, 0],
])("Key Vault leaves Retry-After out half the time: %s", async (isOn, least, most) => {
  await turnAll(cloud, { throttling: true, throttlingWithoutRetryAfter: isOn });
  const { token } = await cloud.credential("TENANT_A", "").getToken("https://vault.azure.net/.default");
  const refused: Response[] = [];
  while (refused.length < 60) {
    const answer = await fetch(`${cloud.env1("VAULT_URL")}/secrets?api-version=7.5`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await answer.text();
    if (answer.status === 429) refused.push(answer);
  }
  const silent = refused.filter(({ headers }) => !headers.has("retry-after")).length;
  expect(silent / refused.length).toBeGreaterThanOrEqual(least);
  expect(silent / refused.length).toBeLessThanOrEqual(most);
  expect(await struck(cloud, "throttlingWithoutRetryAfter")).toBe(silent);
});
