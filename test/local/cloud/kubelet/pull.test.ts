import type { TestCloud } from "../kit/cloud.ts";
import { arm, clusterId, cloudWithPuller, grant, puller, registryId, roles } from "../arm/people.ts";

let cloud: TestCloud;
let image: string;
beforeAll(async () => {
  cloud = await cloudWithPuller();
  image = `${cloud.env1("ACR_LOGIN_SERVER")}/team/app:v1`;
});
afterEach(() => cloud.control("POST", "/control/reset"));
afterAll(() => cloud.close());

const cluster = clusterId("aks-prod");
const path = `${cluster}/resetServicePrincipalProfile?api-version=2026-06-01`;
const given = { clientId: puller.appId, secret: puller.secret };

interface Pull {
  readonly pulled: boolean;
  readonly digest?: string;
  readonly bytes?: number;
  readonly nodes?: readonly string[];
  readonly node?: string;
  readonly stage?: string;
  readonly message?: string;
}

async function pull(asked: object = {}): Promise<Pull> {
  const body = { clusterId: cluster, image, ...asked };
  return (await cloud.control<Pull>("POST", "/control/kubelet/pull", body)).body;
}

test("nodes pull only with the credential they hold, and only with the role", async () => {
  expect(await pull()).toMatchObject({
    pulled: false,
    stage: "token",
    status: 401,
    clientId: "10000000-0000-4000-8000-00000000011d",
    message: "UNAUTHORIZED: Application not registered with AAD.",
  });
  expect((await arm(cloud, "POST", path, { body: given })).status).toBe(202);
  expect(await pull()).toMatchObject({ pulled: false, stage: "token", clientId: puller.appId });
  await grant(cloud, registryId("fabrikamprod"), puller.inTenantB, roles.acrPull);
  const pulled = await pull();
  expect(pulled).toMatchObject({ pulled: true, clientId: puller.appId, digest: expect.stringMatching(/^sha256:/) });
  expect(pulled.nodes).toHaveLength(3);
  expect(pulled.bytes).toBeGreaterThan(500);
  expect(await pull({ image: `${image.replace(":v1", "")}@${pulled.digest}` })).toMatchObject({
    pulled: true,
    digest: pulled.digest,
  });
});

test("half way through an update some nodes pull and others do not", async () => {
  await grant(cloud, registryId("fabrikamprod"), puller.inTenantB, roles.acrPull);
  await cloud.control("POST", "/control/clusters/fail-next-update", { clusterId: cluster, afterNodes: 1 });
  await arm(cloud, "POST", path, { body: given });
  const failed = await pull();
  expect(failed).toMatchObject({ pulled: false, stage: "token" });
  const { body } = await cloud.control<{ arm: { clusters: { id: string; nodes: { name: string }[] }[] } }>(
    "GET",
    "/control/state",
  );
  const [first] = body.arm.clusters.find(({ id }) => id === cluster)?.nodes ?? [];
  expect(failed.node).not.toBe(first?.name);
  expect(await pull({ node: first?.name })).toMatchObject({ pulled: true, nodes: [first?.name] });
});

test("a tag that is not there fails at the manifest, a host that is not there at the network", async () => {
  await grant(cloud, registryId("fabrikamprod"), puller.inTenantB, roles.acrPull);
  await arm(cloud, "POST", path, { body: given });
  expect(await pull({ image: image.replace(":v1", ":v9") })).toMatchObject({
    pulled: false,
    stage: "manifest",
    status: 404,
  });
  expect(await pull({ image: "localhost:1/team/app:v1" })).toMatchObject({
    pulled: false,
    stage: "network",
    status: 0,
  });
  expect(await pull({ image: "no host" })).toMatchObject({ pulled: false, stage: "credential" });
});

test("a registry closed to the public fails before any credential is sent", async () => {
  const body = { properties: { publicNetworkAccess: "Disabled" } };
  await arm(cloud, "PATCH", `${registryId("fabrikamprod")}?api-version=2025-11-01`, { tenant: "TENANT_B", body });
  expect(await pull()).toMatchObject({
    pulled: false,
    stage: "challenge",
    status: 403,
    message: expect.stringContaining("is not allowed access"),
  });
});

test("a stopped cluster and one with a managed identity do not pull", async () => {
  expect(await pull({ clusterId: clusterId("aks-stopped") })).toMatchObject({ pulled: false, stage: "credential" });
  expect(await pull({ clusterId: clusterId("aks-managed") })).toMatchObject({
    pulled: false,
    stage: "token",
    clientId: "msi",
  });
});

test("an unknown cluster and a request that is none are refused", async () => {
  const ask = async (body: unknown): Promise<number> =>
    (await cloud.control("POST", "/control/kubelet/pull", body)).status;
  expect(await ask({ clusterId: clusterId("none"), image })).toBe(404);
  expect(await ask({ clusterId: cluster })).toBe(400);
  expect(await ask("nothing")).toBe(400);
});
