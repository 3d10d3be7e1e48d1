import { arm, clusterId, cloudWithPuller, estateWithPuller, grant, puller, registryId, roles } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
afterEach(() => cloud.close());

interface Played {
  readonly tried: number;
  readonly refused: number;
  readonly pulls: readonly {
    readonly clusterId: string;
    readonly node: string;
    readonly image: string;
    readonly tried: number;
    readonly failed: number;
    readonly clientId: string;
    readonly secretFingerprint: string;
    readonly lastSuccessAt?: string;
    readonly firstRefusals: readonly { readonly at: string; readonly reason: string; readonly clientId: string }[];
    readonly lastRefusals: readonly { readonly at: string; readonly reason: string }[];
  }[];
}

const hours = 3600;
const advance = (seconds: number): Promise<{ status: number }> =>
  cloud.control("POST", "/control/clock", { advanceInSeconds: seconds });
const played = async (): Promise<Played> => (await cloud.control<Played>("GET", "/control/kubelet/playing")).body;
const play = (given: object = {}): Promise<{ status: number; body: object }> =>
  cloud.control("PUT", "/control/kubelet/playing", { enabled: true, ...given });

const pulling = (image: string) =>
  estateWithPuller(({ clusters }) => ({
    clusters: clusters.map((one) => (one.name === "aks-prod" ? { ...one, pulls: [image] } : one)),
  }));

test("when time jumps by a month, every hourly pull of two nodes is made, each at its own time", async () => {
  cloud = await cloudWithPuller({ estate: pulling("fabrikamprod.azurecr.io/team/app:v1") });
  expect((await play()).body).toMatchObject({ enabled: true, nodes: 2, everyInSeconds: 3600 });
  await advance(30 * 24 * hours);
  const { tried, refused, pulls } = await played();
  expect([tried, refused]).toEqual([1440, 1440]);
  expect(pulls.map((one) => one.tried)).toEqual([720, 720]);
  expect(new Set(pulls.map(({ node }) => node)).size).toBe(2);
  for (const { firstRefusals, lastRefusals, ...one } of pulls) {
    expect(one).toMatchObject({ failed: 720, clientId: "10000000-0000-4000-8000-00000000011d" });
    expect(one.secretFingerprint).toMatch(/^[0-9a-f]{12}$/);
    expect(one.lastSuccessAt).toBeUndefined();
    expect(firstRefusals.map(({ reason }) => reason)).toEqual(
      Array(3).fill("token 401: UNAUTHORIZED: Application not registered with AAD."),
    );
    expect(lastRefusals).toHaveLength(3);
    const times = [...firstRefusals, ...lastRefusals].map(({ at }) => at);
    expect(new Set(times).size).toBe(6);
    expect(times).toEqual([...times].sort());
  }
});

test("a node is refused up to the hour in which its cluster may pull, and not a pull later", async () => {
  cloud = await cloudWithPuller({ estate: pulling("fabrikamprod.azurecr.io/team/app:v1") });
  await play();
  await advance(10 * hours);
  const body = { clientId: puller.appId, secret: puller.secret };
  const reset = `${clusterId("aks-prod")}/resetServicePrincipalProfile?api-version=2026-06-01`;
  expect((await arm(cloud, "POST", reset, { body })).status).toBe(202);
  await grant(cloud, registryId("fabrikamprod"), puller.inTenantB, roles.acrPull);
  await advance(10 * hours);
  const { tried, refused, pulls } = await played();
  expect([tried, refused]).toEqual([40, 20]);
  for (const { clientId, lastSuccessAt, firstRefusals } of pulls) {
    expect(clientId).toBe(puller.appId);
    expect(firstRefusals.map((one) => one.clientId)).not.toContain(puller.appId);
    expect(Date.parse(lastSuccessAt ?? "")).toBeGreaterThan(Date.parse(firstRefusals[0]?.at ?? ""));
  }
});

test("an order makes as many pulls on the way of a jump as it would have made, and stops when told to", async () => {
  cloud = await cloudWithPuller();
  const image = `${cloud.env1("ACR_LOGIN_SERVER")}/team/app:v1`;
  const order = { clusterId: clusterId("aks-prod"), image, everyInSeconds: 600 };
  const { id } = (await cloud.control<{ id: string }>("POST", "/control/kubelet/continuous", order)).body;
  await advance(24 * hours);
  expect((await played()).pulls.map((one) => one.tried)).toEqual([145, 145, 145]);
  await cloud.control("DELETE", `/control/kubelet/continuous/${id}`);
  await advance(24 * hours);
  expect((await played()).tried).toBe(435);
});

test("pulls stop being played when that is switched off, and begin anew at a reset", async () => {
  cloud = await cloudWithPuller({ estate: pulling("fabrikamprod.azurecr.io/team/app:v1") });
  await play({ nodes: 1 });
  await advance(5 * hours);
  expect((await played()).tried).toBe(5);
  await cloud.control("POST", "/control/reset");
  expect((await played()).tried).toBe(0);
  await advance(5 * hours);
  expect((await played()).tried).toBe(5);
  await cloud.control("PUT", "/control/kubelet/playing", { enabled: false });
  await advance(5 * hours);
  expect((await played()).tried).toBe(5);
  expect((await cloud.control("PUT", "/control/kubelet/playing", { enabled: true, nodes: 0 })).status).toBe(400);
});
