import { ContainerServiceClient } from "@azure/arm-containerservice";
import { lifelikeTimings } from "../../../../local/cloud/kit/clock.ts";
import type { TestCloud } from "../kit/cloud.ts";
import { arm, armScope, clusterId, cloudWithPuller, grant, puller, roles, subscriptionA } from "../arm/people.ts";

let cloud: TestCloud;
let client: ContainerServiceClient;
beforeAll(async () => {
  cloud = await cloudWithPuller({}, ({ clusters }) => ({
    clusters: clusters.map((one) =>
      one.name === "aks-staging" ? { ...one, pools: one.pools.map((pool) => ({ ...pool, nodes: 4 })) } : one,
    ),
  }));
  client = new ContainerServiceClient(cloud.credential("TENANT_A", ""), subscriptionA.split("/")[2] ?? "", {
    endpoint: cloud.env1("ARM_URL"),
    credentials: { scopes: [armScope] },
    retryOptions: { maxRetries: 0 },
  });
});
afterEach(async () => {
  await cloud.control("PUT", "/control/timings", { reimagePerNodeInSeconds: 0 });
  await cloud.control("POST", "/control/reset");
});
afterAll(() => cloud.close());

const group = "rg-clusters";
const given = { clientId: puller.appId, secret: puller.secret };
const waiting = { updateIntervalInMs: 1 };

interface Dump {
  readonly arm: {
    readonly clusters: readonly { id: string; nodes: readonly { clientId: string; secretFingerprint: string }[] }[];
  };
}

async function nodeClients(name: string): Promise<string[]> {
  const { body } = await cloud.control<Dump>("GET", "/control/state");
  return body.arm.clusters.find(({ id }) => id === clusterId(name))?.nodes.map((node) => node.clientId) ?? [];
}

async function refusal(name: string, body: object = given): Promise<[number, string, string]> {
  const path = `${clusterId(name)}/resetServicePrincipalProfile?api-version=2026-06-01`;
  const answer = await arm(cloud, "POST", path, { body });
  return [answer.status, answer.body?.error.code, answer.body?.error.message];
}

test("a cluster is listed and read with what onboarding asks for, and without its secret", async () => {
  const names: (string | undefined)[] = [];
  for await (const one of client.managedClusters.listByResourceGroup(group)) names.push(one.name);
  expect(names).toContain("aks-prod");
  for await (const one of client.managedClusters.list()) names.push(one.name);
  expect(names).toContain("aks-readonly");
  const cluster = await client.managedClusters.get(group, "aks-prod");
  expect(cluster).toMatchObject({
    id: clusterId("aks-prod"),
    provisioningState: "Succeeded",
    powerState: { code: "Running" },
    servicePrincipalProfile: { clientId: "10000000-0000-4000-8000-00000000011d" },
    nodeResourceGroup: "MC_rg-clusters_aks-prod_westeurope",
    agentPoolProfiles: [
      { name: "system", count: 1, provisioningState: "Succeeded" },
      { name: "apps", count: 2, provisioningState: "Succeeded" },
    ],
  });
  expect(JSON.stringify(cluster)).not.toContain("first-secret");
  const pools: (string | undefined)[] = [];
  for await (const pool of client.agentPools.list(group, "aks-prod")) pools.push(pool.name);
  expect(pools).toEqual(["system", "apps"]);
  expect((await client.agentPools.get(group, "aks-failedpool", "apps")).provisioningState).toBe("Failed");
});

test("a cluster with a managed identity shows msi and its identity", async () => {
  const cluster = await client.managedClusters.get(group, "aks-managed");
  expect(cluster.servicePrincipalProfile?.clientId).toBe("msi");
  expect(cluster.identity).toMatchObject({ type: "SystemAssigned", tenantId: cloud.env1("TENANT_A") });
  const kubelet = cluster.identityProfile?.["kubeletidentity"];
  expect(kubelet?.resourceId).toMatch(/\/resourcegroups\/MC_.*\/userAssignedIdentities\/aks-managed-agentpool$/);
  // A principal of the cluster's tenant: roles can be given to it.
  await grant(cloud, clusterId("aks-managed"), kubelet?.objectId ?? "", roles.reader);
});

test("a reset is followed by the SDK's poller until every node has the new credential", async () => {
  await cloud.control("PUT", "/control/timings", { reimagePerNodeInSeconds: 0.02 });
  const poller = client.managedClusters.resetServicePrincipalProfile(group, "aks-staging", given, waiting);
  await poller.pollUntilDone();
  const cluster = await client.managedClusters.get(group, "aks-staging");
  expect(cluster.provisioningState).toBe("Succeeded");
  expect(cluster.servicePrincipalProfile?.clientId).toBe(puller.appId);
  expect(await nodeClients("aks-staging")).toEqual(Array.from({ length: 4 }, () => puller.appId));
});

test("while nodes are re-imaged one by one, each keeps its credential and a second reset is refused", async () => {
  await cloud.control("PUT", "/control/timings", { reimagePerNodeInSeconds: lifelikeTimings.reimagePerNodeInSeconds });
  const path = `${clusterId("aks-staging")}/resetServicePrincipalProfile?api-version=2022-11-01`;
  const { status, headers, body } = await arm(cloud, "POST", path, { body: given });
  expect([status, body]).toEqual([202, undefined]);
  expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  const monitor = new URL(headers.get("azure-asyncoperation") ?? "");
  expect(monitor.origin).toBe(cloud.env1("ARM_URL"));
  const operation = await arm(cloud, "GET", monitor.pathname + monitor.search);
  expect(operation.body).toMatchObject({ status: "InProgress", percentComplete: 0 });
  const result = new URL(headers.get("location") ?? "");
  expect((await arm(cloud, "GET", result.pathname + result.search)).status).toBe(202);

  expect((await client.managedClusters.get(group, "aks-staging")).provisioningState).toBe("Updating");
  expect(await nodeClients("aks-staging")).not.toContain(puller.appId);
  expect((await refusal("aks-staging")).slice(0, 2)).toEqual([409, "OperationNotAllowed"]);
});

test("a pool is re-imaged as many nodes at once as its maxSurge says", async () => {
  const surging = await cloudWithPuller({ timings: { reimagePerNodeInSeconds: 0.05 } }, ({ clusters }) => ({
    clusters: clusters.map((one) => ({ ...one, pools: one.pools.map((pool) => ({ ...pool, nodes: 4, maxSurge: 2 })) })),
  }));
  try {
    const path = `${clusterId("aks-staging")}/resetServicePrincipalProfile?api-version=2026-06-01`;
    await arm(surging, "POST", path, { body: given });
    const seen = new Set<number>();
    while (!seen.has(4)) {
      const { body } = await surging.control<Dump>("GET", "/control/state");
      const nodes = body.arm.clusters.find(({ id }) => id === clusterId("aks-staging"))?.nodes ?? [];
      seen.add(nodes.filter(({ clientId }) => clientId === puller.appId).length);
    }
    expect([...seen].filter((count) => count % 2 === 1)).toEqual([]);
  } finally {
    await surging.close();
  }
});

test("an update can fail half way, and be done again", async () => {
  const id = clusterId("aks-staging");
  await cloud.control("POST", "/control/clusters/fail-next-update", { clusterId: id, afterNodes: 2 });
  const poller = client.managedClusters.resetServicePrincipalProfile(group, "aks-staging", given, waiting);
  await expect(poller.pollUntilDone()).rejects.toThrow();
  const cluster = await client.managedClusters.get(group, "aks-staging");
  expect([cluster.provisioningState, cluster.agentPoolProfiles?.[0]?.provisioningState]).toEqual(["Failed", "Failed"]);
  expect((await nodeClients("aks-staging")).map((one) => one === puller.appId)).toEqual([true, true, false, false]);

  await client.managedClusters.resetServicePrincipalProfile(group, "aks-staging", given, waiting).pollUntilDone();
  expect(await nodeClients("aks-staging")).toEqual(Array.from({ length: 4 }, () => puller.appId));
});

test("a credential that Entra refuses is refused with Entra's own number, and nothing changes", async () => {
  const [status, code, message] = await refusal("aks-staging", { ...given, secret: "a-wrong-secret-it-is" });
  expect([status, code]).toEqual([400, "BadRequest"]);
  expect(message).toMatch(/^The credentials in ServicePrincipalProfile were invalid\. .*AADSTS7000215/);
  expect(message).not.toContain("a-wrong-secret-it-is");
  const unknown = await refusal("aks-staging", { ...given, clientId: "10000000-0000-4000-8000-00000000dead" });
  expect(unknown[2]).toContain("AADSTS700016");
  const cluster = await client.managedClusters.get(group, "aks-staging");
  expect([cluster.provisioningState, cluster.servicePrincipalProfile?.clientId]).toEqual([
    "Succeeded",
    "10000000-0000-4000-8000-000000000120",
  ]);
});

test.each([
  ["a managed identity", "aks-managed", 400, "BadRequest", /not using a service principal/],
  ["a stopped cluster", "aks-stopped", 400, "BadRequest", /'Stopped'/],
  ["another operation", "aks-upgrading", 409, "OperationNotAllowed", /Another operation \(Upgrading\)/],
])("a reset is refused on account of %s", async (_what, name, status, code, words) => {
  const answer = await refusal(name);
  expect(answer.slice(0, 2)).toEqual([status, code]);
  expect(answer[2]).toMatch(words);
});

test.each([
  ["no secret", { clientId: puller.appId }],
  ["no client id", { secret: puller.secret }],
  ["a secret beyond 190 bytes", { clientId: puller.appId, secret: "x".repeat(191) }],
])("a reset with %s is refused", async (_what, body) => {
  expect((await refusal("aks-staging", body)).slice(0, 2)).toEqual([400, "InvalidParameter"]);
});

test("an operation is nobody else's business", async () => {
  const { headers } = await arm(
    cloud,
    "POST",
    `${clusterId("aks-staging")}/resetServicePrincipalProfile?api-version=2026-06-01`,
    { body: given },
  );
  const monitor = new URL(headers.get("azure-asyncoperation") ?? "");
  const { token } = await cloud.credential("TENANT_A", "NOBODY").getToken(armScope);
  const stranger = await arm(cloud, "GET", monitor.pathname + monitor.search, { token });
  expect([stranger.status, stranger.body.error.code]).toEqual([403, "AuthorizationFailed"]);
  const missing = await arm(cloud, "GET", `${monitor.pathname.slice(0, -4)}dead${monitor.search}`);
  expect(missing.status).toBe(404);
});
