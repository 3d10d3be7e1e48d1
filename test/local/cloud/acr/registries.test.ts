import { ContainerRegistryManagementClient } from "@azure/arm-containerregistry";
import type { TestCloud } from "../kit/cloud.ts";
import {
  arm,
  armScope,
  cloudWithPuller,
  grant,
  puller,
  pullerIn,
  registryId,
  roles,
  subscriptionB,
} from "../arm/people.ts";

let cloud: TestCloud;
let client: ContainerRegistryManagementClient;
beforeAll(async () => {
  cloud = await cloudWithPuller();
  client = new ContainerRegistryManagementClient(cloud.credential("TENANT_B", ""), subscriptionB.split("/")[2] ?? "", {
    endpoint: cloud.env1("ARM_URL"),
    credentials: { scopes: [armScope] },
    retryOptions: { maxRetries: 0 },
  });
});
afterEach(() => cloud.control("POST", "/control/reset"));
afterAll(() => cloud.close());

const group = "rg-registries";

test("a registry is read and listed with what decides about pulls", async () => {
  const registry = await client.registries.get(group, "fabrikamabac");
  expect(registry).toMatchObject({
    id: registryId("fabrikamabac"),
    provisioningState: "Succeeded",
    roleAssignmentMode: "AbacRepositoryPermissions",
    publicNetworkAccess: "Enabled",
    policies: { azureADAuthenticationAsArmPolicy: { status: "disabled" } },
  });
  expect(registry.loginServer).toMatch(/^localhost:\d+$/);
  const names: (string | undefined)[] = [];
  for await (const one of client.registries.listByResourceGroup(group)) names.push(one.name);
  expect(names).toEqual(["fabrikamprod", "fabrikamabac"]);
  for await (const one of client.registries.list()) names.push(one.name);
  expect(names).toContain("fabrikamclosed");
});

test.each([
  ["2023-07-01", undefined, undefined],
  ["2022-02-01-preview", "disabled", undefined],
  ["2025-04-01", "disabled", undefined],
  ["2025-03-01-preview", "disabled", "AbacRepositoryPermissions"],
  ["2025-11-01", "disabled", "AbacRepositoryPermissions"],
])("api-version %s shows the properties it knows", async (version, armPolicy, mode) => {
  const { body } = await arm(cloud, "GET", `${registryId("fabrikamabac")}?api-version=${version}`, {
    tenant: "TENANT_B",
  });
  const { policies, roleAssignmentMode } = body.properties;
  expect([policies.azureADAuthenticationAsArmPolicy?.status, roleAssignmentMode]).toEqual([armPolicy, mode]);
});

test("a change of one policy leaves the others as they are", async () => {
  const before = await client.registries.get(group, "fabrikamprod");
  const after = await client.registries.update(group, "fabrikamprod", {
    policies: { azureADAuthenticationAsArmPolicy: { status: "disabled" } },
  });
  expect(after.policies).toEqual({ ...before.policies, azureADAuthenticationAsArmPolicy: { status: "disabled" } });
  expect((await client.registries.get(group, "fabrikamprod")).policies).toEqual(after.policies);
});

test("a change with a value nobody knows is refused whole", async () => {
  const path = `${registryId("fabrikamprod")}?api-version=2025-11-01`;
  const body = { properties: { adminUserEnabled: true, publicNetworkAccess: "Sometimes" } };
  const answer = await arm(cloud, "PATCH", path, { tenant: "TENANT_B", body });
  expect([answer.status, answer.body.error.code]).toEqual([400, "InvalidParameter"]);
  expect((await client.registries.get(group, "fabrikamprod")).adminUserEnabled).toBe(false);
});

test("a reader may look and not change", async () => {
  await grant(cloud, registryId("fabrikamprod"), puller.inTenantB, roles.reader);
  const { token } = await pullerIn(cloud, "TENANT_B").getToken(armScope);
  const path = `${registryId("fabrikamprod")}?api-version=2025-11-01`;
  expect((await arm(cloud, "GET", path, { token })).status).toBe(200);
  const { status, body } = await arm(cloud, "PATCH", path, { token, body: { tags: { a: "b" } } });
  expect([status, body.error.message]).toEqual([
    403,
    expect.stringContaining("'Microsoft.ContainerRegistry/registries/write'"),
  ]);
});

test("a registry that is not there is not found", async () => {
  await expect(client.registries.get(group, "fabrikamnone")).rejects.toMatchObject({
    statusCode: 404,
    code: "ResourceNotFound",
  });
});
