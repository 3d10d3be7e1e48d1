import { randomUUID } from "node:crypto";
import type { TestCloud } from "../kit/cloud.ts";
import {
  arm,
  clusterId,
  extraRegistries,
  grant,
  puller,
  registryId,
  roles,
  subscriptionA,
  subscriptionB,
  withMoreRegistries,
  type Answer,
  harshClouds,
} from "./people.ts";
import { struck } from "../life/turning.ts";

const cloudWith = harshClouds(5);

const prod = registryId("fabrikamprod");
const groupB = `${subscriptionB}/resourceGroups/rg-registries`;
const locksVersion = "api-version=2016-09-01";
const policyVersion = "api-version=2024-05-01";
const inB = { tenant: "TENANT_B" } as const;

async function lock(cloud: TestCloud, scope: string, level: string, name = "keep"): Promise<Answer> {
  const path = `${scope}/providers/Microsoft.Authorization/locks/${name}?${locksVersion}`;
  const tenant = scope.startsWith(subscriptionA) ? "TENANT_A" : "TENANT_B";
  return arm(cloud, "PUT", path, { tenant, body: { properties: { level, notes: "asked for" } } });
}

const patch = (cloud: TestCloud, id: string, properties: object): Promise<Answer> =>
  arm(cloud, "PATCH", `${id}?api-version=2025-11-01`, { ...inB, body: { properties } });

async function give(cloud: TestCloud, scope: string): Promise<Answer> {
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`;
  const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${roles.acrPull}`;
  const isInA = scope.startsWith(subscriptionA);
  const principalId = isInA ? puller.inTenantA : puller.inTenantB;
  const properties = { roleDefinitionId, principalId, principalType: "ServicePrincipal" };
  return arm(cloud, "PUT", path, { tenant: isInA ? "TENANT_A" : "TENANT_B", body: { properties } });
}

test("a lock is put, read, listed around its scope, and taken away", async () => {
  const cloud = await cloudWith();
  expect(await lock(cloud, groupB, "CanNotDelete")).toMatchObject({
    status: 201,
    body: {
      name: "keep",
      type: "Microsoft.Authorization/locks",
      properties: { level: "CanNotDelete", notes: "asked for" },
    },
  });
  expect((await lock(cloud, groupB, "ReadOnly")).status).toBe(200);
  const one = `${groupB}/providers/Microsoft.Authorization/locks/keep?${locksVersion}`;
  expect((await arm(cloud, "GET", one, inB)).body.properties.level).toBe("ReadOnly");
  for (const scope of [subscriptionB, groupB, prod]) {
    const { body } = await arm(cloud, "GET", `${scope}/providers/Microsoft.Authorization/locks?${locksVersion}`, inB);
    expect(body.value.map(({ id }: { id: string }) => id)).toEqual([
      `${groupB}/providers/Microsoft.Authorization/locks/keep`,
    ]);
  }
  expect((await arm(cloud, "DELETE", one, inB)).status).toBe(200);
  expect((await arm(cloud, "DELETE", one, inB)).status).toBe(204);
  expect((await arm(cloud, "GET", one, inB)).body.error.code).toBe("LockNotFound");
  expect((await lock(cloud, groupB, "Sometimes")).body.error.code).toBe("InvalidLock");
});

test("a ReadOnly lock refuses writes, deletes and POST actions below it, and no reads", async () => {
  const cloud = await cloudWith();
  const assignment = await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  await lock(cloud, groupB, "ReadOnly");
  expect(await patch(cloud, prod, { adminUserEnabled: true })).toMatchObject({
    status: 409,
    body: {
      error: {
        code: "ScopeLocked",
        message: `The scope '${prod}' cannot perform write operation because following scope(s) are locked: '${groupB}'. Please remove the lock and try again.`,
      },
    },
  });
  expect((await give(cloud, prod)).body.error.code).toBe("ScopeLocked");
  expect((await arm(cloud, "DELETE", `${assignment}?api-version=2022-04-01`, inB)).body.error.message).toContain(
    "cannot perform delete operation",
  );
  expect((await arm(cloud, "GET", `${prod}?api-version=2025-11-01`, inB)).status).toBe(200);
  const cluster = clusterId("aks-prod");
  await lock(cloud, cluster, "ReadOnly");
  const reset = `${cluster}/resetServicePrincipalProfile?api-version=2024-09-01`;
  const body = { clientId: puller.appId, secret: puller.secret };
  expect(await arm(cloud, "POST", reset, { body })).toMatchObject({
    status: 409,
    body: { error: { code: "ScopeLocked" } },
  });
});

test("locks fall on some vaults too, and let their secrets be written", async () => {
  const cloud = await cloudWith(["readOnlyLocks"], ({ vaults }) => ({
    vaults: Array.from(
      { length: 20 },
      (_, index) => ({ ...vaults[0], name: `kv-${index}` }) as (typeof vaults)[number],
    ),
  }));
  const group = `${subscriptionA}/resourceGroups/rg-crosspull`;
  const ids = Array.from({ length: 20 }, (_, index) => `${group}/providers/Microsoft.KeyVault/vaults/kv-${index}`);
  const codes: unknown[] = [];
  for (const id of ids) codes.push((await tagged(cloud, id, "2023-07-01")).body.error?.code);
  const locked = codes.filter((code) => code === "ScopeLocked").length;
  expect(locked).toBeGreaterThan(0);
  expect(locked).toBeLessThan(12);
  expect(await struck(cloud, "readOnlyLocks")).toBe(locked);
});

test("a CanNotDelete lock lets writes through and refuses to take a role away", async () => {
  const cloud = await cloudWith();
  const assignment = await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  await lock(cloud, prod, "CanNotDelete");
  expect((await patch(cloud, prod, { adminUserEnabled: true })).status).toBe(200);
  expect((await arm(cloud, "DELETE", `${assignment}?api-version=2022-04-01`, inB)).body.error.code).toBe("ScopeLocked");
});

test.each([
  ["readOnlyLocks", (cloud: TestCloud, id: string) => patch(cloud, id, { adminUserEnabled: true })],
  [
    "deleteLocks",
    (cloud: TestCloud, id: string) =>
      arm(
        cloud,
        "DELETE",
        `${id}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`,
        inB,
      ),
  ],
] as const)(
  "%s falls on some registries, never on the first, and an administrator may take such a lock away",
  async (name, change) => {
    const cloud = await cloudWith([name], withMoreRegistries(20));
    const ids = [prod, ...extraRegistries(20)];
    const locked: string[] = [];
    for (const id of ids) if ((await change(cloud, id)).status === 409) locked.push(id);
    expect(locked.length).toBeGreaterThan(0);
    expect(locked.length).toBeLessThan(15);
    expect(locked).not.toContain(prod);
    expect(await struck(cloud, name)).toBe(locked.length);
    const [first = ""] = locked;
    const { body } = await arm(cloud, "GET", `${first}/providers/Microsoft.Authorization/locks?${locksVersion}`, inB);
    for (const one of body.value) await arm(cloud, "DELETE", `${one.id}?${locksVersion}`, inB);
    expect((await change(cloud, first)).status).not.toBe(409);
    await cloud.control("PUT", "/control/life", { [name]: false });
    for (const id of ids) expect((await change(cloud, id)).status).not.toBe(409);
  },
);

const tagRule = {
  mode: "Indexed",
  displayName: "Registries keep the admin user off",
  parameters: { effect: { type: "String", allowedValues: ["Deny", "Modify", "Audit"], defaultValue: "Deny" } },
  policyRule: {
    if: {
      allOf: [
        { field: "type", equals: "Microsoft.ContainerRegistry/registries" },
        { field: "Microsoft.ContainerRegistry/registries/adminUserEnabled", equals: true },
      ],
    },
    then: {
      effect: "[parameters('effect')]",
      details: {
        operations: [
          { operation: "addOrReplace", field: "Microsoft.ContainerRegistry/registries/adminUserEnabled", value: false },
        ],
      },
    },
  },
};

async function assign(cloud: TestCloud, effect: string, more: object = {}): Promise<Answer> {
  const definitionId = `${subscriptionB}/providers/Microsoft.Authorization/policyDefinitions/no-admin`;
  const made = await arm(cloud, "PUT", `${definitionId}?${policyVersion}`, { ...inB, body: { properties: tagRule } });
  expect(made.status).toBe(201);
  return arm(cloud, "PUT", `${groupB}/providers/Microsoft.Authorization/policyAssignments/keep-off?${policyVersion}`, {
    ...inB,
    body: { properties: { policyDefinitionId: definitionId, parameters: { effect: { value: effect } }, ...more } },
  });
}

test("a policy with the effect deny refuses a write in Azure's words, and says which", async () => {
  const cloud = await cloudWith();
  expect(await assign(cloud, "Deny")).toMatchObject({ status: 201, body: { properties: { scope: groupB } } });
  const { status, body } = await patch(cloud, prod, { adminUserEnabled: true });
  expect([status, body.error.code, body.error.target]).toEqual([403, "RequestDisallowedByPolicy", "fabrikamprod"]);
  expect(body.error.message).toContain("Resource 'fabrikamprod' was disallowed by policy. Policy identifiers: '[{");
  expect(body.error.additionalInfo).toMatchObject([
    { type: "PolicyViolation", info: { policyDefinitionEffect: "deny", policyAssignmentScope: groupB } },
  ]);
  expect((await patch(cloud, prod, { anonymousPullEnabled: false })).status).toBe(200);
});

test("a policy with the effect modify rewrites the request, and audit changes nothing", async () => {
  const cloud = await cloudWith();
  await assign(cloud, "Modify");
  const rewritten = await patch(cloud, prod, { adminUserEnabled: true, anonymousPullEnabled: true });
  expect(rewritten.body.properties).toMatchObject({ adminUserEnabled: false, anonymousPullEnabled: true });
  await assign(cloud, "Audit");
  expect((await patch(cloud, prod, { adminUserEnabled: true })).body.properties.adminUserEnabled).toBe(true);
  const id = `${groupB}/providers/Microsoft.Authorization/policyAssignments/keep-off?${policyVersion}`;
  const list = await arm(
    cloud,
    "GET",
    `${prod}/providers/Microsoft.Authorization/policyAssignments?${policyVersion}`,
    inB,
  );
  expect(list.body.value.map(({ name }: { name: string }) => name)).toEqual(["keep-off"]);
  expect((await arm(cloud, "DELETE", id, inB)).status).toBe(200);
  expect((await arm(cloud, "GET", id, inB)).body.error.code).toBe("PolicyAssignmentNotFound");
});

/** A policy with one rule at a subscription of tenant A. */
async function assignInA(cloud: TestCloud, name: string, policyRule: object, more: object = {}): Promise<Answer> {
  const definitionId = `${subscriptionA}/providers/Microsoft.Authorization/policyDefinitions/${name}`;
  const definition = { body: { properties: { mode: "Indexed", policyRule } } };
  expect((await arm(cloud, "PUT", `${definitionId}?${policyVersion}`, definition)).status).toBe(201);
  const path = `${subscriptionA}/providers/Microsoft.Authorization/policyAssignments/${name}?${policyVersion}`;
  return arm(cloud, "PUT", path, { body: { ...more, properties: { policyDefinitionId: definitionId } } });
}

test("a policy with the effect deny refuses writes to clusters, their pools and vaults", async () => {
  const cloud = await cloudWith();
  const vault = `${subscriptionA}/resourceGroups/rg-crosspull/providers/Microsoft.KeyVault/vaults/kv-crosspull`;
  const kinds = "Microsoft.ContainerService/managedClusters";
  const writes: readonly [string, () => Promise<Answer>][] = [
    [kinds, () => tagged(cloud, clusterId("aks-prod"), "2026-06-01")],
    [`${kinds}/agentPools`, () => grown(cloud)],
    ["Microsoft.KeyVault/vaults", () => tagged(cloud, vault, "2023-07-01")],
  ];
  for (const [kind, write] of writes) {
    const name = `no-${kind.split("/").at(-1)}`;
    await assignInA(cloud, name, { if: { field: "type", equals: kind }, then: { effect: "deny" } });
    expect(await write()).toMatchObject({
      status: 403,
      body: { error: { code: "RequestDisallowedByPolicy", additionalInfo: [{ type: "PolicyViolation" }] } },
    });
    await arm(
      cloud,
      "DELETE",
      `${subscriptionA}/providers/Microsoft.Authorization/policyAssignments/${name}?${policyVersion}`,
    );
    expect((await write()).status).toBe(200);
  }
});

const tagged = (cloud: TestCloud, id: string, version: string): Promise<Answer> =>
  arm(cloud, "PATCH", `${id}?api-version=${version}`, { body: { tags: { owner: "platform" } } });
const grown = (cloud: TestCloud): Promise<Answer> =>
  arm(cloud, "PUT", `${clusterId("aks-prod")}/agentPools/system?api-version=2026-06-01`, {
    body: { properties: { count: 2 } },
  });

test("a policy with the effect modify adds a tag to clusters and closes vaults", async () => {
  const cloud = await cloudWith();
  const operation = (field: string, value: string): object => ({
    effect: "modify",
    details: { operations: [{ operation: "addOrReplace", field, value }] },
  });
  await assignInA(cloud, "tagged", {
    if: { field: "tags['cost']", exists: false },
    then: operation("tags['cost']", "4711"),
  });
  await assignInA(cloud, "closed", {
    if: { field: "type", equals: "Microsoft.KeyVault/vaults" },
    then: operation("Microsoft.KeyVault/vaults/publicNetworkAccess", "Disabled"),
  });
  await tagged(cloud, clusterId("aks-prod"), "2026-06-01");
  const { body } = await arm(cloud, "GET", `${clusterId("aks-prod")}?api-version=2026-06-01`);
  expect(body.tags).toEqual({ owner: "platform", cost: "4711" });
  const vault = `${subscriptionA}/resourceGroups/rg-crosspull/providers/Microsoft.KeyVault/vaults/kv-crosspull`;
  const changed = await tagged(cloud, vault, "2023-07-01");
  expect([changed.body.tags, changed.body.properties.publicNetworkAccess]).toEqual([
    { owner: "platform", cost: "4711" },
    "Disabled",
  ]);
});

test("the identity that a policy assignment brings along can be given a role", async () => {
  const cloud = await cloudWith();
  const rule = { if: { field: "type", equals: "Microsoft.KeyVault/vaults" }, then: { effect: "audit" } };
  const identity = { type: "SystemAssigned" };
  const { body } = await assignInA(cloud, "with-identity", rule, { location: "westeurope", identity });
  expect(body.identity.principalId).toMatch(/^[0-9a-f-]{36}$/);
  await grant(cloud, subscriptionA, body.identity.principalId, roles.reader);
});

test("Microsoft's definitions are found in the tenant and not in a subscription; a rule not understood is refused", async () => {
  const cloud = await cloudWith();
  const path = "/providers/Microsoft.Authorization/policyDefinitions/42781ec6-6127-4c30-bdfa-fb423a0047d3";
  expect((await arm(cloud, "GET", `${path}?${policyVersion}`)).body.properties.policyType).toBe("BuiltIn");
  expect((await arm(cloud, "GET", `${subscriptionB}${path}?${policyVersion}`, inB)).body.error.code).toBe(
    "PolicyDefinitionNotFound",
  );
  const rule = { policyRule: { if: { field: "[concat('na', 'me')]", equals: "x" }, then: { effect: "deny" } } };
  const odd = `${subscriptionB}/providers/Microsoft.Authorization/policyDefinitions/odd?${policyVersion}`;
  expect(await arm(cloud, "PUT", odd, { ...inB, body: { properties: rule } })).toMatchObject({
    status: 400,
    body: { error: { code: "InvalidPolicyRule", message: expect.stringContaining("is not supported") } },
  });
});

test("on some registries a policy refuses new roles, and on some one keeps ARM tokens out", async () => {
  const cloud = await cloudWith(["policyDeny", "policyModify"], withMoreRegistries(20));
  const ids = [prod, ...extraRegistries(20)];
  const enabled = { policies: { azureADAuthenticationAsArmPolicy: { status: "enabled" } } };
  const refused: string[] = [];
  const rewritten: string[] = [];
  for (const id of ids) {
    const given = await give(cloud, id);
    if (given.status === 403) refused.push(given.body.error.code);
    const { body } = await patch(cloud, id, enabled);
    if (body.properties.policies.azureADAuthenticationAsArmPolicy.status === "disabled") rewritten.push(id);
  }
  expect(new Set(refused)).toEqual(new Set(["RequestDisallowedByPolicy"]));
  expect(rewritten).not.toContain(prod);
  expect(await struck(cloud, "policyDeny")).toBe(refused.length);
  expect(await struck(cloud, "policyModify")).toBe(rewritten.length);
  expect(rewritten.length).toBeGreaterThan(0);
  await cloud.control("PUT", "/control/life", { policyDeny: false, policyModify: false });
  await cloud.control("POST", "/control/reset");
  for (const id of ids) expect((await give(cloud, id)).status).toBe(201);
});

test("where a region lags the newest api-version is refused with those that are there", async () => {
  const cloud = await cloudWith(["newestVersionMissing"], withMoreRegistries(20));
  const read = (id: string, version: string): Promise<Answer> => arm(cloud, "GET", `${id}?api-version=${version}`, inB);
  const answers = await Promise.all(extraRegistries(20).map((id) => read(id, "2025-11-01")));
  const [lacking] = answers.flatMap(({ status }, index) => (status === 400 ? [extraRegistries(20)[index] ?? ""] : []));
  expect(lacking).toBeDefined();
  expect((await read(lacking ?? "", "2025-11-01")).body.error.code).toBe("NoRegisteredProviderFound");
  expect((await read(lacking ?? "", "2025-04-01")).status).toBe(200);
  expect((await read(prod, "2025-11-01")).status).toBe(200);
  expect(await struck(cloud, "newestVersionMissing")).toBeGreaterThan(0);
  await cloud.control("PUT", "/control/life", { newestVersionMissing: false });
  expect((await read(lacking ?? "", "2025-11-01")).status).toBe(200);
});

test("an estate may say what the newest api-version of a type is in its cloud", async () => {
  const cloud = await cloudWith([], () => ({
    newestApiVersions: { "Microsoft.ContainerService/managedClusters": "2026-01-01" },
  }));
  const read = (version: string): Promise<Answer> =>
    arm(cloud, "GET", `${clusterId("aks-prod")}?api-version=${version}`);
  expect((await read("2026-06-01")).body.error).toMatchObject({
    code: "NoRegisteredProviderFound",
    message: expect.not.stringContaining("2026-06-01, "),
  });
  expect((await read("2026-01-01")).status).toBe(200);
});

test("the dump names what stands against changes", async () => {
  const cloud = await cloudWith();
  await lock(cloud, prod, "ReadOnly");
  await assign(cloud, "Deny");
  const { body } = await cloud.control<{ arm: object }>("GET", "/control/state");
  expect(body.arm).toMatchObject({
    locks: [{ name: "keep", scope: prod, level: "ReadOnly" }],
    policyAssignments: [{ name: "keep-off", scope: groupB, effect: "deny" }],
    denyAssignments: [],
    fullScopes: [],
    managementGroups: [],
  });
});

test("a policy that is assigned and not enforced has no effect in the dump", async () => {
  const cloud = await cloudWith();
  await assign(cloud, "Deny", { enforcementMode: "DoNotEnforce" });
  const { body } = await cloud.control<{ arm: object }>("GET", "/control/state");
  expect(body.arm).toMatchObject({ policyAssignments: [{ name: "keep-off", effect: "disabled" }] });
});

test("the dump names the node resource groups too that take no more role assignments", async () => {
  const cloud = await cloudWith(["roleAssignmentsFull"], ({ clusters: [first] }) => ({
    clusters: first
      ? [
          first,
          ...Array.from({ length: 40 }, (_, index) => ({
            ...first,
            name: `aks-more${index}`,
            nodeResourceGroup: `MC_more${index}`,
          })),
        ]
      : [],
  }));
  const { body } = await cloud.control<{
    arm: { fullScopes: readonly string[] };
  }>("GET", "/control/state");
  const full = body.arm.fullScopes.find((scope) => scope.includes("/MC_more"));
  expect((await give(cloud, full ?? "")).body.error.code).toBe("RoleAssignmentLimitExceeded");
});
