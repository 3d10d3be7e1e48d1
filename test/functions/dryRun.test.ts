/** What a plan says, and what is refused before another company is asked: the handler over the real adapters on a simulated cloud. */
import { afterEach } from "@jest/globals";
import type { World } from "../../src/activities/world.ts";
import { clusterKeyOf } from "../../src/domain/ids.ts";
import { newIdentity, type PullIdentity } from "../../src/domain/pullIdentity.ts";
import type { MaintenanceWindow } from "../../src/domain/window.ts";
import { createLink } from "../../src/functions/createLink.ts";
import { answering } from "../../src/functions/http.ts";
import type { planView } from "../../src/functions/planView.ts";
import { identityShape, linkShape, operationShape } from "../../src/store/store.ts";
import { simulate, type Simulated } from "../azure/simulated.ts";
import { windowOf } from "../domain/windowOf.ts";
import { memoryTable } from "../store/memoryTable.ts";
import { ask } from "./ask.ts";
import { fakeInstances } from "./rows.ts";

type PlanView = Awaited<ReturnType<typeof planView>>;
type Refusal = { readonly code: string; readonly detail: string; readonly remedy: string };

let simulated: Simulated;
beforeAll(async () => {
  simulated = await simulate({ clusters: 3 });
});
afterAll(() => simulated.close());
afterEach(() => simulated.control("DELETE", "/control/faults"));

const request = () => ({
  cluster: simulated.cluster.id,
  registry: simulated.registry.id,
  clusterTenantId: simulated.tenantA,
  registryTenantId: simulated.tenantB,
});

/** `identity`: the cluster's row. */
type Given = { readonly identity?: PullIdentity; readonly window?: MaintenanceWindow };

async function plan<Body = PlanView>(body: object | string, { identity, window }: Given = {}) {
  const { azure } = simulated;
  const identities = memoryTable(identityShape);
  if (identity) await identities.insert(identity.clusterKey, identity);
  const world = {
    ...azure,
    links: memoryTable(linkShape),
    operations: memoryTable(operationShape),
    identities,
    settings: { callbackUrl: "http://localhost/api/consent", secretLifetimeInDays: 180 },
    now: () => new Date(),
  } satisfies Partial<World>;
  const connected = {
    world: world as World,
    config: {
      secretLifetimeInDays: 180,
      maintenanceWindow: window ?? null,
      preflightLimitInSeconds: 100,
    } as never,
  };
  const handler = answering(createLink(async () => connected, fakeInstances().of));
  return ask<Body>(handler, "/api/links?dryRun=true", { method: "POST", body });
}

async function check(id: string, body: object = request()) {
  const answer = await plan(body);
  expect([answer.status, answer.errors]).toEqual([200, []]);
  return answer.body.checks.find((one) => one.id === id);
}

/** ARM's own answer for the cluster, with a part of its properties put in the place of what is there. */
async function answeringCluster(properties: object, more: object = {}): Promise<void> {
  const { cluster } = simulated;
  const body = {
    id: cluster.id,
    name: cluster.name,
    location: "westeurope",
    ...more,
    properties: {
      provisioningState: "Succeeded",
      powerState: { code: "Running" },
      nodeResourceGroup: "MC_x",
      servicePrincipalProfile: { clientId: "40000000-0000-4900-8000-000000000001" },
      agentPoolProfiles: [{ name: "system", count: 3, provisioningState: "Succeeded", mode: "System" }],
      ...properties,
    },
  };
  await simulated.fault({ service: "arm", operation: "ManagedClusters_Get", times: 9, status: 200, body });
}

test("a life that the tenant was seen to allow is held against the window, though its policy may not be read", async () => {
  const clusterKey = clusterKeyOf(simulated.cluster.id);
  const blank = newIdentity({
    clusterKey,
    clusterId: simulated.cluster.id,
    tenantId: simulated.tenantA,
    createdAt: new Date().toISOString(),
  });
  const identity = { ...blank, lifetimeCap: { days: 7, seenAt: new Date().toISOString() } };
  const window = windowOf("Europe/Paris first Sun of month 01:00-05:00");
  const verdict = async (given: Given) => (await plan(request(), given)).body.checks.find(({ id }) => id === "window");
  expect(await verdict({ window })).toMatchObject({ verdict: "pass" });
  expect(await verdict({ identity, window })).toMatchObject({
    verdict: "fail",
    detail: expect.stringContaining("a secret lives 7"),
  });
});

describe("what Azure leaves out", () => {
  test("of a cluster's pools is no number of nodes", async () => {
    await answeringCluster({ agentPoolProfiles: null });
    const { body } = await plan(request());
    expect(body.checks.find(({ id }) => id === "node-pools")).toMatchObject({ verdict: "unknown" });
    expect(JSON.stringify(body.changes)).toContain("its nodes are re-imaged");
  });

  test("of one pool is not counted, and a stopped pool has no nodes to re-image", async () => {
    const pools = [
      { name: "system", count: 1, provisioningState: "Succeeded" },
      { name: "vms", type: "VirtualMachines", provisioningState: "Succeeded" },
      { name: "spot", scaleSetPriority: "Spot", provisioningState: null },
      { name: "batch", count: 5, provisioningState: "Succeeded", powerState: { code: "Stopped" } },
    ];
    await answeringCluster({ agentPoolProfiles: pools });
    const { body } = await plan(request());
    const words = "node pool batch is stopped: its nodes get the credential when it is started";
    expect(body.checks.find(({ id }) => id === "node-pools")).toMatchObject({ verdict: "warn", detail: words });
    expect(JSON.stringify(body.changes)).toContain("1 node and those of pools that Azure does not count are re-imaged");
  });

  test("of a cluster's power and provisioning is unknown, and stops nothing", async () => {
    await answeringCluster({ powerState: null, provisioningState: undefined });
    const { body } = await plan(request());
    const verdicts = body.checks.filter(({ id }) => id === "cluster-running" || id === "cluster-settled");
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(["unknown", "unknown"]);
    expect(body.allowed).toBe(true);
  });

  test("of a cluster's credential makes it no cluster with a managed identity, unless it has one", async () => {
    await answeringCluster({ servicePrincipalProfile: null });
    expect(await plan<Refusal>(request())).toMatchObject({ status: 503, body: { code: "CP-NOT-READY" } });
    await simulated.control("DELETE", "/control/faults");
    await answeringCluster({ servicePrincipalProfile: {} }, { identity: { type: "UserAssigned" } });
    expect((await plan(request())).body.problem).toMatchObject({ code: "CP-CLUSTER-MANAGED-IDENTITY" });
  });

  test("of a registry's network is not shown as open", async () => {
    const { registry } = simulated;
    const body = {
      id: registry.id,
      name: registry.name,
      location: "westeurope",
      sku: { name: "Premium" },
      properties: { loginServer: simulated.env["ACR_LOGIN_SERVER"] },
    };
    await simulated.fault({ service: "arm", operation: "Registries_Get", times: 9, status: 200, body });
    expect(await check("registry-network-nodes")).toMatchObject({ verdict: "unknown" });
  });

  test("of a private endpoint that nobody has approved is not shown as a way in", async () => {
    const { registry } = simulated;
    const stateOf = (status: string | undefined) => ({ properties: { privateLinkServiceConnectionState: { status } } });
    const body = {
      id: registry.id,
      name: registry.name,
      location: "westeurope",
      sku: { name: "Premium" },
      properties: {
        loginServer: simulated.env["ACR_LOGIN_SERVER"],
        publicNetworkAccess: "Disabled",
        privateEndpointConnections: ["Approved", undefined, "Pending", "Rejected", "Disconnected"].map(stateOf),
      },
    };
    await simulated.fault({ service: "arm", operation: "Registries_Get", times: 9, status: 200, body });
    expect(await check("registry-network-nodes")).toMatchObject({
      detail: expect.stringContaining("2 private endpoints"),
    });
  });

  test("of the old application is not shown as harmless", async () => {
    const body = { id: "30000000-0000-4000-8000-000000000001", appId: "x", appOwnerOrganizationId: null };
    await simulated.fault({ service: "graph", operation: "servicePrincipal_GetByAppId", times: 9, status: 200, body });
    expect(await check("old-application")).toMatchObject({ verdict: "unknown" });
  });
});

describe("an id", () => {
  const group = "/subscriptions/a0000000-0000-4000-8000-0000000000a1/resourceGroups/rg-clusters";
  const id = `${group}/providers/Microsoft.ContainerService/managedClusters/aks-prod`;

  test.each([
    [`"${id}"`, "quotation marks"],
    [`\u201c${id}\u201d`, "quotation marks"],
    [`C:/Program Files/Git${id}`, "in front of it"],
    [`https://portal.azure.com/#@contoso.example/resource${id}/overview`, "in front of it"],
    [encodeURIComponent(id), "percent-encoded"],
    [id.replace("aks-prod", "aks\u200b-prod"), "U+200B"],
    [`${id}\u200b`, "U+200B"],
    [id.replace("rg-clusters", "rg\u00a0clusters"), "U+00A0"],
    [id.replace("/managedClusters/", "/managedClusters/\r\n"), "U+000D"],
    ["aks-prod", "begins with /subscriptions/"],
    ["/subscriptions//resourceGroups//providers/Microsoft.ContainerService/managedClusters/", "is not a resource id"],
    [group, "is not a resource id"],
    [id.replace("rg-clusters", "rg%281%29"), "percent-encoded"],
    [`${id}?api-version=2026-01-01`, "goes on after the name"],
    [`${id}#overview`, "goes on after the name"],
    [`${id}/agentPools/system`, "goes on after the name"],
    [`https://management.azure.com${id}?api-version=2026-01-01`, "in front of it"],
    [id.slice(1), "begins with /subscriptions/"],
    [id.replace("rg-clusters", ".."), "no resource group is named .."],
    [id.replace("aks-prod", "-aks"), "names nothing that can exist"],
  ])("that a shell, a page or a portal changed is refused in words: %j", async (cluster, words) => {
    const { status, body } = await plan<Refusal>({ ...request(), cluster });
    expect([status, body.code]).toEqual([400, "CP-BAD-RESOURCE-ID"]);
    expect(body.detail).toContain(words);
  });

  test.each([
    ["in capitals", (text: string) => text.toUpperCase()],
    ["in small letters", (text: string) => text.toLowerCase()],
    ["with one part in another case", (text: string) => text.replace("/providers/", "/Providers/")],
    ["with a slash at the end", (text: string) => `${text}/`],
    ["with what shells leave at its ends", (text: string) => `\ufeff ${text}\u00a0\r\n`],
  ])("%s is understood", async (_how, change) => {
    const { cluster, registry, ...tenants } = request();
    const answer = await plan({ ...tenants, cluster: change(cluster), registry: change(registry) });
    expect([answer.status, answer.body.problem]).toEqual([200, null]);
  });
});

describe("a tenant that does not exist", () => {
  const nowhere = "d0000000-0000-4000-8000-00000000000d";

  test.each(["clusterTenantId", "registryTenantId"])("is told as such, and is no outage: %s", async (field) => {
    const { status, body, errors } = await plan({ ...request(), [field]: nowhere });
    expect([status, errors]).toEqual([200, []]);
    expect(body.problem).toMatchObject({
      code: "CP-NOT-CONSENTED",
      detail: expect.stringContaining(`The tenant ${nowhere} is not known to Entra`),
      remedy: expect.stringContaining("Check the tenant id"),
    });
  });
});

describe("a body", () => {
  test("that is empty is told why it may be: the platform hands over none without a length", async () => {
    const { status, body } = await plan<Refusal>("");
    expect([status, body.code]).toEqual([400, "CP-BAD-JSON"]);
    expect(body.detail).toContain("Content-Length");
  });

  test("that begins with a byte order mark is read; one in UTF-16 is refused in words", async () => {
    const text = JSON.stringify(request(), null, "\r\n");
    expect(await plan(`\ufeff${text}`)).toMatchObject({ status: 200 });
    const utf16 = Buffer.from(`\ufeff${text}`, "utf16le").toString("utf8");
    expect((await plan<Refusal>(utf16)).body).toMatchObject({
      code: "CP-BAD-JSON",
      detail: expect.stringContaining("UTF-16"),
    });
  });
});

test("what is null is as good as left out: links themselves show it so", async () => {
  const nothing = { image: null, repositories: null, acceptLost: null, acceptOldApplication: null };
  expect(await plan({ ...request(), ...nothing })).toMatchObject({ status: 200, body: { allowed: true } });
  expect(await plan<Refusal>({ ...request(), cluster: null })).toMatchObject({ body: { code: "CP-BAD-REQUEST" } });
});

describe("an image", () => {
  const fromAbac = () => ({ ...request(), registry: `${simulated.registry.id.replace(/[^/]+$/, "")}fabrikamabac` });

  test.each([
    ["docker.io/library/nginx:1", "nodes would look for"],
    ["mcr.microsoft.com/dotnet/runtime:8.0", "nodes would look for"],
    ["fabrikamother.azurecr.io/team/app:v1", "is not the login server"],
  ])(
    "of another registry is refused before anybody is asked, also where contents are hidden from us: %s",
    async (image, words) => {
      const { body } = await plan({ ...fromAbac(), image });
      expect(body.problem).toMatchObject({ code: "CP-BAD-REQUEST", detail: expect.stringContaining(words) });
    },
  );

  test.each([
    [405, "UNSUPPORTED", "The operation is disallowed on this registry, repository or image."],
    [403, "DENIED", "image is quarantined"],
    [400, "REGISTRY_DISALLOWED_OPERATION", "Disallowed."],
    [404, "MANIFEST_QUARANTINED", "The image is in quarantine."],
  ])("that the registry gives to nobody (%i %s) is refused before anybody is asked", async (status, code, message) => {
    const operation = "ContainerRegistry_GetManifest";
    const body = { errors: [{ code, message }] };
    await simulated.fault({ service: `registry:${simulated.registry.name}`, operation, times: 9, status, body });
    const answer = await plan({ ...request(), image: "team/app:v1" });
    expect(answer.body.problem).toMatchObject({ code: "CP-PULL-REFUSED", detail: expect.stringContaining(message) });
  });
});
