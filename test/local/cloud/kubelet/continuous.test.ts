import { clusterId, cloudWithPuller, grant, puller, registryId, roles } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await cloudWithPuller();
});
afterEach(() => cloud.close());

interface Book {
  readonly orders: readonly { id: string; image: string }[];
  readonly nodes: readonly { node: string; pulled: number; failed: number; clientId: string; lastFailure?: string }[];
}

const book = async (): Promise<Book> => (await cloud.control<Book>("GET", "/control/kubelet/continuous")).body;

async function until(holds: (found: Book) => boolean): Promise<Book> {
  for (;;) {
    const found = await book();
    if (holds(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function start(given: object = {}): Promise<{ status: number; body: { id: string } }> {
  const image = `${cloud.env1("ACR_LOGIN_SERVER")}/team/app:v1`;
  return cloud.control("POST", "/control/kubelet/continuous", {
    clusterId: clusterId("aks-prod"),
    image,
    everyInSeconds: 0.05,
    ...given,
  });
}

async function update(): Promise<void> {
  const { token } = await cloud.credential("TENANT_A", "").getToken("https://management.azure.com/.default");
  const url = `${cloud.env1("ARM_URL")}${clusterId("aks-prod")}/resetServicePrincipalProfile?api-version=2025-10-01`;
  const body = JSON.stringify({ clientId: puller.appId, secret: puller.secret });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  expect((await fetch(url, { method: "POST", headers, body })).status).toBe(202);
}

test("nodes go on pulling through an update of the cluster, and say when it began to work", async () => {
  await grant(cloud, registryId("fabrikamprod"), puller.inTenantB, roles.acrPull);
  expect((await start()).status).toBe(201);
  const before = await until(({ nodes }) => nodes.length === 3 && nodes.every(({ failed }) => failed > 0));
  expect(before.nodes.every(({ pulled, lastFailure }) => pulled === 0 && lastFailure?.startsWith("token 401"))).toBe(
    true,
  );
  await update();
  const after = await until(({ nodes }) => nodes.every(({ pulled }) => pulled > 1));
  expect(after.nodes.map(({ clientId }) => clientId)).toEqual(Array(3).fill(puller.appId));
  expect(await (await fetch(cloud.controlUrl)).text()).toMatch(/\d+ pulled, \d+ failed/);
});

test("they stop when told to, and at a reset", async () => {
  const { id } = (await start()).body;
  expect((await book()).orders.map((one) => one.id)).toEqual([id]);
  expect((await cloud.control("DELETE", `/control/kubelet/continuous/${id}`)).status).toBe(204);
  expect((await cloud.control("DELETE", `/control/kubelet/continuous/${id}`)).status).toBe(404);
  await start();
  await cloud.control("POST", "/control/reset");
  expect((await book()).orders).toEqual([]);
});

test("an unknown cluster and a name without a host are refused", async () => {
  expect((await start({ clusterId: clusterId("nowhere") })).status).toBe(404);
  expect((await start({ image: "app:v1" })).status).toBe(400);
});
