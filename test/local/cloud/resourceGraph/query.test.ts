import {
  arm,
  cloudWithPuller,
  grant,
  puller,
  pullerIn,
  armScope,
  registryId,
  roles,
  type Answer,
} from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller();
});
afterAll(() => cloud.close());

const path = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01";

async function ask(
  query: string,
  options: { tenant?: "TENANT_A" | "TENANT_B"; token?: string; options?: object; subscriptions?: string[] } = {},
): Promise<Answer> {
  const { options: given, subscriptions, ...who } = options;
  const body = { query, ...(given && { options: given }), ...(subscriptions && { subscriptions }) };
  return arm(cloud, "POST", path, { tenant: "TENANT_B", ...who, body });
}

test("the query for registries tells mode, audience policy and defaults", async () => {
  const { status, body } = await ask(`resources | where type =~ 'microsoft.containerregistry/registries'
    | extend armAuth = tostring(properties.policies.azureADAuthenticationAsArmPolicy.status)
    | project id, name, location, subscriptionId, tenantId, sku=tostring(sku.name), loginServer=tostring(properties.loginServer),
      armAuth=iff(isempty(armAuth),'enabled(default)',armAuth), mode=tostring(properties.roleAssignmentMode),
      admin=tobool(properties.adminUserEnabled), anon=tobool(properties.anonymousPullEnabled), pna=tostring(properties.publicNetworkAccess)
    | order by id asc // a unique column`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ totalRecords: 3, count: 3, resultTruncated: "false" });
  expect(
    body.data.map((row: { name: string; armAuth: string; mode: string; admin: boolean }) => [
      ...[row.name, row.armAuth, row.mode, row.admin],
    ]),
  ).toEqual([
    ["fabrikamclosed", "enabled", "LegacyRegistryPermissions", false],
    ["fabrikamabac", "disabled", "AbacRepositoryPermissions", false],
    ["fabrikamprod", "enabled", "LegacyRegistryPermissions", false],
  ]);
});

test("the query for clusters tells service principals from managed identities", async () => {
  const query = `resources | where type =~ 'microsoft.containerservice/managedclusters'
    | project id, name, location, subscriptionId, sp=tostring(properties.servicePrincipalProfile.clientId), idType=tostring(identity.type),
      aadManaged=tobool(properties.aadProfile.managed), hasAad=isnotnull(properties.aadProfile),
      localOff=tobool(properties.disableLocalAccounts), ver=tostring(properties.currentKubernetesVersion),
      state=tostring(properties.provisioningState), power=tostring(properties.powerState.code)
    | where sp != 'msi' and name startswith "AKS-P" | order by id asc`;
  const { body } = await ask(query, { tenant: "TENANT_A" });
  expect(body.data).toEqual([
    expect.objectContaining({ name: "aks-prod", idType: "", aadManaged: null, hasAad: false, power: "Running" }),
  ]);
});

test.each([
  [
    "resources | summarize count() by type | order by type asc",
    [{ type: "microsoft.containerregistry/registries", count_: 3 }],
  ],
  ["resources | count", [{ Count: 3 }]],
  ["resources | where name has 'FABRIKAM'", 0],
  ["resources | where id has 'fabrikamprod' | project name", [{ name: "fabrikamprod" }]],
  [
    "resources | where not(name contains 'prod') and name in ('fabrikamabac', 'x') | project name",
    [{ name: "fabrikamabac" }],
  ],
  ["resources | where name !in~ ('FABRIKAMABAC', 'fabrikamprod') | project name", [{ name: "fabrikamclosed" }]],
  ["resources | where isempty(tags.owner) or isnotnull(properties['nothing'][0]) | summarize n=count()", [{ n: 3 }]],
  [
    "Resources | sort by name | take 1 | project tolower(name), x = strcat(name, '-', 1)",
    [{ Column1: "fabrikamprod", x: "fabrikamprod-1" }],
  ],
  [
    "resourcecontainers | where type !endswith 'resourcegroups' | project name, type",
    [{ name: "Fabrikam shared", type: "microsoft.resources/subscriptions" }],
  ],
  ["authorizationresources | where tostring(properties.principalId) == 'nobody' | count", [{ Count: 0 }]],
])("%s", async (query, expected) => {
  const { status, body } = await ask(query);
  expect(status).toBe(200);
  if (typeof expected === "number") expect(body.totalRecords).toBe(expected);
  else expect(body.data).toEqual(expected);
});

test("pages lead on by a token, except where the query limits itself", async () => {
  const query = "resources | project name | order by name asc";
  const first = await ask(query, { options: { $top: 2 } });
  expect(first.body).toMatchObject({ totalRecords: 3, count: 2, resultTruncated: "true" });
  const next = await ask(query, { options: { $skipToken: first.body.$skipToken } });
  expect(next.body).toMatchObject({ count: 1, resultTruncated: "false", data: [{ name: "fabrikamprod" }] });
  expect(next.body.$skipToken).toBeUndefined();
  const limited = await ask(`${query} | limit 3`, { options: { $top: 2 } });
  expect(limited.body).toMatchObject({ count: 2, resultTruncated: "true" });
  expect(limited.body.$skipToken).toBeUndefined();
  expect((await ask(query, { options: { $skipToken: "forged" } })).status).toBe(400);
  expect((await ask(query, { options: { $top: 1001 } })).status).toBe(400);
});

test("rows are columns and rows where a table is asked for", async () => {
  const { body } = await ask("resources | project name, n = 1 | order by name asc | take 1", {
    options: { resultFormat: "table" },
  });
  expect(body.data).toEqual({
    columns: [
      { name: "name", type: "string" },
      { name: "n", type: "integer" },
    ],
    rows: [["fabrikamabac", 1]],
  });
});

test.each([
  ["resources | join kind=inner resourcecontainers on subscriptionId", "UnsupportedOperator", "join"],
  ["resources | summarize dcount(name)", "UnsupportedOperator", "dcount"],
  ["resources | extend x = parse_json(tags)", "UnsupportedOperator", "parse_json"],
  ["resources | where nothing == 1", "UnknownColumn", "nothing"],
  ["nowhere | take 1", "UnknownTable", "nowhere"],
  ["resources | where name ==", "ParserFailure", "<EOF>"],
  ["resources | where name == 'open", "ParserFailure", "'"],
  ["constructor | take 1", "UnknownTable", "constructor"],
  ["resources | toString", "UnsupportedOperator", "toString"],
  ["resources | where valueOf(name)", "UnsupportedOperator", "valueOf"],
])("%s is refused as %s, which names the token", async (query, code, token) => {
  const { status, body } = await ask(query);
  expect(status).toBe(400);
  expect(body.error.code).toBe("BadRequest");
  expect(body.error.details[0].code).toBe("InvalidQuery");
  expect(body.error.details[1]).toMatchObject({ code, token });
});

test.each(["(".repeat(50_000), "not(".repeat(5000), "name or ".repeat(20_000), `name${".x".repeat(20_000)}`])(
  "a query of depths nobody writes is refused, not fallen into",
  async (condition) => {
    const { status, body } = await ask(`resources | where ${condition}`);
    expect([status, body.error.details[1].code]).toEqual([400, "ParserFailure"]);
  },
);

test("the longest conditions that are taken are answered", async () => {
  const conditions = Array.from({ length: 1200 }, (_, index) => `name == 'r${index}'`).join(" or ");
  expect((await ask(`resources | where ${conditions}`)).body.totalRecords).toBe(0);
});

test("a caller sees what it may read, without a sign of the rest, and is refused where that is nothing", async () => {
  const { token } = await pullerIn(cloud, "TENANT_B").getToken(armScope);
  const query = "resources | project name";
  const nothing = await ask(query, { token });
  expect([nothing.status, nothing.body.error.code]).toEqual([403, "AuthorizationFailed"]);
  await grant(cloud, registryId("fabrikamabac"), puller.inTenantB, roles.reader);
  const one = await ask(query, { token });
  expect(one.body).toMatchObject({ totalRecords: 1, data: [{ name: "fabrikamabac" }] });
});
