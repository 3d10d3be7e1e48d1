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
  type Answer,
} from "../arm/people.ts";
import { struck } from "../life/turning.ts";

let cloud: TestCloud;
afterEach(() => cloud.close());

const prod = registryId("fabrikamprod");
const inB = { tenant: "TENANT_B" } as const;

async function ask(query: string, options: { token?: string; tenant?: "TENANT_A" | "TENANT_B" } = {}): Promise<Answer> {
  const path = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01";
  return arm(cloud, "POST", path, { ...inB, ...options, body: { query } });
}

async function rows(query: string): Promise<readonly Record<string, unknown>[]> {
  return rowsIn("TENANT_B", query);
}

async function rowsIn(tenant: "TENANT_A" | "TENANT_B", query: string): Promise<readonly Record<string, unknown>[]> {
  const { status, body } = await ask(query, { tenant });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data;
}

test("a column without a name is called by its path, and by a number where it has none", async () => {
  cloud = await cloudWithPuller();
  const [first] = await rows(
    "resources | where name == 'fabrikamprod' | project properties.loginServer, tostring(properties.policies.trustPolicy['status']), strlen(name), name",
  );
  expect(Object.keys(first ?? {})).toEqual([
    "properties_loginServer",
    "properties_policies_trustPolicy_status",
    "Column1",
    "name",
  ]);
  const [counted] = await rows("resources | summarize count() by tostring(properties.adminUserEnabled)");
  expect(Object.keys(counted ?? {})).toEqual(["properties_adminUserEnabled", "count_"]);
});

test("resource groups, management groups and role definitions are rows too", async () => {
  cloud = await cloudWithPuller({}, ({ roleAssignments }) => ({
    managementGroups: [{ id: "mg-b", parent: undefined, subscriptions: [subscriptionB.split("/")[2] ?? ""] }],
    roleAssignments: [
      ...roleAssignments,
      {
        scope: "/providers/Microsoft.Management/managementGroups/mg-b",
        principalId: puller.inTenantB,
        role: "Reader",
      },
    ],
  }));
  const groups = await rows(
    "resourcecontainers | where type == 'microsoft.resources/subscriptions/resourcegroups' | project name | order by name asc",
  );
  expect(groups).toContainEqual({ name: "rg-registries" });
  const [pull] = await rows(
    "authorizationresources | where type == 'microsoft.authorization/roledefinitions' and properties.roleName == 'AcrPull' | project name",
  );
  expect(pull).toEqual({ name: roles.acrPull });
  const { token } = await pullerIn(cloud, "TENANT_B").getToken(armScope);
  const { body } = await ask(
    `authorizationresources | where properties.principalId == '${puller.inTenantB}' | project properties.scope, properties.roleDefinitionId`,
    { token },
  );
  expect(body.data).toEqual([
    {
      properties_scope: "/providers/Microsoft.Management/managementGroups/mg-b",
      properties_roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${roles.reader}`,
    },
  ]);
});

test("all roles of one principal are found over every subscription, with their conditions", async () => {
  cloud = await cloudWithPuller();
  const automation = "30000000-0000-4000-8000-000000000104";
  const found = await rows(
    `authorizationresources | where type =~ 'microsoft.authorization/roleassignments' and properties.principalId =~ '${automation}' | project scope = tostring(properties.scope), condition = tostring(properties.condition)`,
  );
  expect(found.length).toBe(4);
  expect(found.filter(({ condition }) => String(condition).includes("ForAnyOfAnyValues"))).toHaveLength(2);
});

test("a vault's row has the properties that Resource Manager shows, and a change of it is seen later", async () => {
  cloud = await cloudWithPuller({ life: { seed: 2, switches: ["resourceGraphLag"] } });
  const inA = { tenant: "TENANT_A" } as const;
  const [{ id } = { id: "" }] = await rowsIn(
    "TENANT_A",
    "resources | where type =~ 'microsoft.keyvault/vaults' | project id",
  );
  const path = `${String(id)}?api-version=2023-07-01`;
  const before = await arm(cloud, "GET", path, inA);
  const read = async (): Promise<unknown> =>
    (await rowsIn("TENANT_A", "resources | where type =~ 'microsoft.keyvault/vaults' | project properties"))[0];
  expect(await read()).toEqual({ properties: before.body.properties });
  const changed = await arm(cloud, "PATCH", path, { ...inA, body: { properties: { enablePurgeProtection: true } } });
  expect(await read()).toEqual({ properties: before.body.properties });
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 600 });
  expect(await read()).toEqual({ properties: changed.body.properties });
});

test("what is not known is refused and never empty", async () => {
  cloud = await cloudWithPuller();
  expect((await ask("policyresources | project id")).body.error.details[1].code).toBe("UnknownTable");
  expect((await ask("resources | project nothing")).body.error.details[1].code).toBe("UnknownColumn");
});

test("with the lag a change, a new role and a removed one are seen later, and within minutes", async () => {
  cloud = await cloudWithPuller({ life: { seed: 2, switches: ["resourceGraphLag"] } });
  const removed = await grant(cloud, prod, puller.inTenantB, roles.reader);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 900 });
  await arm(cloud, "DELETE", `${removed}?api-version=2022-04-01`, inB);
  const made = await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  await arm(cloud, "PATCH", `${prod}?api-version=2025-11-01`, {
    ...inB,
    body: { properties: { adminUserEnabled: true } },
  });
  const ids = (): Promise<readonly Record<string, unknown>[]> =>
    rows(`authorizationresources | where properties.principalId == '${puller.inTenantB}' | project id`);
  const admin = (): Promise<readonly Record<string, unknown>[]> =>
    rows("resources | where name == 'fabrikamprod' | project on = properties.adminUserEnabled");
  expect(await ids()).toEqual([{ id: removed }]);
  expect(await admin()).toEqual([{ on: false }]);
  expect(await struck(cloud, "resourceGraphLag")).toBeGreaterThanOrEqual(3);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 600 });
  expect(await ids()).toEqual([{ id: made }]);
  expect(await admin()).toEqual([{ on: true }]);
});

test("without the lag everything is seen at once", async () => {
  cloud = await cloudWithPuller();
  const made = await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  const query = `authorizationresources | where properties.principalId == '${puller.inTenantB}' | project id`;
  expect(await rows(query)).toEqual([{ id: made }]);
});
