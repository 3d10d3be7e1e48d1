import { ContainerServiceClient } from "@azure/arm-containerservice";
import { loadEstate } from "../../../../local/cloud/estates/estate.ts";
import { type TestCloud } from "../kit/cloud.ts";
import { arm, clusterId, cloudWithPuller, pullerIn, armScope, registryId, subscriptionA } from "./people.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller();
});
afterAll(() => cloud.close());

const version = "api-version=2026-06-01";
const cluster = clusterId("aks-prod");

test("without a token the answer says where to get one", async () => {
  const { status, body, headers } = await arm(cloud, "GET", `${cluster}?${version}`, { token: "" });
  expect([status, body.error.code]).toEqual([401, "AuthenticationFailed"]);
  expect(headers.get("www-authenticate")).toBe(
    `Bearer authorization_uri="${cloud.env1("ENTRA_URL")}/${cloud.env1("TENANT_A")}"`,
  );
});

test("a forged token and a token for another service are refused", async () => {
  const forVault = await cloud.credential("TENANT_A", "").getToken("https://vault.azure.net/.default");
  const good = await cloud.credential("TENANT_A", "").getToken(armScope);
  for (const token of [forVault.token, `${good.token.slice(0, -8)}AAAAAAAA`, "not-a-token"]) {
    const { status, body } = await arm(cloud, "GET", `${cluster}?${version}`, { token });
    expect([status, body.error.code]).toEqual([401, "InvalidAuthenticationToken"]);
  }
});

test("every audience of ARM is taken, the cloud's own address too", async () => {
  const scopes = [armScope, "https://management.core.windows.net//.default", `${cloud.env1("ARM_URL")}/.default`];
  for (const scope of scopes) {
    const { token } = await cloud.credential("TENANT_A", "").getToken(scope);
    expect((await arm(cloud, "GET", `${cluster}?${version}`, { token })).status).toBe(200);
  }
});

test("a token of another tenant than the subscription's is refused by name of both", async () => {
  const { status, body, headers } = await arm(cloud, "GET", `${cluster}?${version}`, { tenant: "TENANT_B" });
  expect([status, body.error.code]).toEqual([401, "InvalidAuthenticationTokenTenant"]);
  expect(body.error.message).toContain(`'https://sts.windows.net/${cloud.env1("TENANT_B")}/'`);
  expect(body.error.message).toContain(`'https://sts.windows.net/${cloud.env1("TENANT_A")}/'`);
  expect(headers.get("www-authenticate")).toContain('error="invalid_token"');
});

test("whoever has no role gets Azure's sentence, whether the resource exists or not", async () => {
  const { token } = await pullerIn(cloud, "TENANT_A").getToken(armScope);
  for (const id of [cluster, clusterId("no-such-cluster")]) {
    const { status, body } = await arm(cloud, "GET", `${id}?${version}`, { token });
    expect(status).toBe(403);
    expect(body.error).toEqual({
      code: "AuthorizationFailed",
      message: `The client '10000000-0000-4000-8000-0000000000f1' with object id '30000000-0000-4000-8000-0000000000f2' does not have authorization to perform action 'Microsoft.ContainerService/managedClusters/read' over scope '${id}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    });
  }
});

test.each([
  ["no api-version", cluster, 400, "MissingApiVersionParameter"],
  ["an api-version that is none", `${cluster}?api-version=latest`, 400, "InvalidApiVersionParameter"],
  ["an api-version nobody has", `${cluster}?api-version=2001-01-01`, 400, "NoRegisteredProviderFound"],
  ["a cluster that is not there", `${clusterId("nope")}?${version}`, 404, "ResourceNotFound"],
  [
    "a group that is not there",
    `${cluster.replace("rg-clusters", "rg-nope")}?${version}`,
    404,
    "ResourceGroupNotFound",
  ],
  [
    "a subscription that is not there",
    `${cluster.replace("a0000000-0000-4000-8000-0000000000a1", "d0000000-0000-4000-8000-0000000000a1")}?${version}`,
    404,
    "SubscriptionNotFound",
  ],
  ["a subscription id that is none", `/subscriptions/mine?api-version=2022-12-01`, 400, "InvalidSubscriptionId"],
  [
    "a provider nobody has",
    `${subscriptionA}/providers/Microsoft.Nope/things?${version}`,
    404,
    "InvalidResourceNamespace",
  ],
  [
    "a type nobody has",
    `${subscriptionA}/providers/Microsoft.ContainerService/nopes?${version}`,
    404,
    "InvalidResourceType",
  ],
])("asked for %s, ARM refuses as Azure does", async (_what, path, status, code) => {
  const answer = await arm(cloud, "GET", path);
  expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
});

test("a method nobody offers is told from a type nobody has", async () => {
  const { status, body } = await arm(cloud, "DELETE", `${cluster}?${version}`);
  expect([status, body.error.code]).toEqual([405, "HttpMethodNotAllowed"]);
});

test("paths are matched without regard to case", async () => {
  const { status, body } = await arm(cloud, "GET", `${cluster.toUpperCase()}?API-VERSION=2026-06-01`);
  expect([status, body.name]).toEqual([200, "aks-prod"]);
});

test("a body that is no JSON, or of another type, changes nothing and is not quoted", async () => {
  const path = `${cloud.env1("ARM_URL")}${cluster}/resetServicePrincipalProfile?${version}`;
  const { token } = await cloud.credential("TENANT_A", "").getToken(armScope);
  const ask = async (contentType: string): Promise<[number, string]> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": contentType };
    const answer = await fetch(path, { method: "POST", headers, body: '{"secret":"tell nobody"' });
    return [answer.status, await answer.text()];
  };
  const [status, text] = await ask("application/json");
  expect([status, JSON.parse(text).error.code]).toEqual([400, "InvalidRequestContent"]);
  expect(text).not.toContain("tell nobody");
  expect((await ask("text/plain"))[0]).toBe(415);
});

test("subscriptions are those of the tenant in which the caller has a role", async () => {
  const names = async (token: string): Promise<string[]> => {
    const { body } = await arm(cloud, "GET", "/subscriptions?api-version=2019-11-01", { token });
    return body.value.map((one: { displayName: string }) => one.displayName);
  };
  const ofTenantA = loadEstate().subscriptions.filter(({ tenantId }) => tenantId === cloud.env1("TENANT_A"));
  const administrator = await cloud.credential("TENANT_A", "").getToken(armScope);
  expect(await names(administrator.token)).toEqual(ofTenantA.map(({ name }) => name));
  expect(await names((await pullerIn(cloud, "TENANT_A").getToken(armScope)).token)).toEqual([]);
});

test("resources are found by type, as the Azure CLI finds a registry", async () => {
  const filter = encodeURIComponent("resourceType eq 'Microsoft.ContainerRegistry/registries'");
  const path = `${registryId("x").split("/").slice(0, 3).join("/")}/resources?$filter=${filter}&api-version=2021-04-01`;
  const { body } = await arm(cloud, "GET", path, { tenant: "TENANT_B" });
  expect(body.value).toContainEqual(expect.objectContaining({ id: registryId("fabrikamprod"), name: "fabrikamprod" }));
  const bad = await arm(cloud, "GET", path.replace(filter, "nonsense"), { tenant: "TENANT_B" });
  expect([bad.status, bad.body.error.code]).toEqual([400, "InvalidFilterInQueryString"]);
});

test("reset brings everything back to the estate", async () => {
  await cloud.control("PATCH", "/control/clusters", { clusterId: cluster, powerState: "Stopped" });
  const client = new ContainerServiceClient(cloud.credential("TENANT_A", ""), subscriptionA.split("/")[2] ?? "", {
    endpoint: cloud.env1("ARM_URL"),
    credentials: { scopes: [armScope] },
  });
  expect((await client.managedClusters.get("rg-clusters", "aks-prod")).powerState?.code).toBe("Stopped");
  await cloud.control("POST", "/control/reset");
  const again = await arm(cloud, "GET", `${cluster}?${version}`);
  expect(again.body.properties.powerState.code).toBe("Running");
});
