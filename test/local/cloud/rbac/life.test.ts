import { randomUUID } from "node:crypto";
import type { TestCloud } from "../kit/cloud.ts";
import {
  arm,
  armScope,
  clusterId,
  extraRegistries,
  grant,
  puller,
  pullerIn,
  registryId,
  roles,
  subscriptionA,
  subscriptionB,
  withMoreRegistries,
  type Answer,
  harshClouds,
} from "../arm/people.ts";
import { struck } from "../life/turning.ts";

const harsh = harshClouds(3);

const version = "api-version=2022-04-01";
const prod = registryId("fabrikamprod");
const groupId = "40000000-0000-4000-8000-0000000000a1";
const administratorB = "30000000-0000-4000-8000-000000000119";

async function put(cloud: TestCloud, scope: string, properties: object, name: string = randomUUID()): Promise<Answer> {
  const tenant = scope.startsWith(subscriptionA) ? "TENANT_A" : "TENANT_B";
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}?${version}`;
  const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${roles.acrPull}`;
  return arm(cloud, "PUT", path, { tenant, body: { properties: { roleDefinitionId, ...properties } } });
}

const toPuller = { principalId: puller.inTenantB, principalType: "ServicePrincipal" };

test("without principalType a role is for a user, and a principal that is none is refused; off, it is taken", async () => {
  const cloud = await harsh(["principalTypeChecked"]);
  const refused = {
    status: 400,
    body: {
      error: {
        code: "UnmatchedPrincipalType",
        message: expect.stringContaining(`has type 'ServicePrincipal' , which is different from`),
      },
    },
  };
  expect(await put(cloud, prod, { principalId: puller.inTenantB })).toMatchObject(refused);
  expect(await put(cloud, prod, { ...toPuller, principalType: "Group" })).toMatchObject(refused);
  const older = `${prod}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2020-04-01-preview`;
  const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${roles.reader}`;
  const body = { properties: { roleDefinitionId, principalId: puller.inTenantB } };
  expect((await arm(cloud, "PUT", older, { tenant: "TENANT_B", body })).status).toBe(201);
  expect(await put(cloud, prod, toPuller)).toMatchObject({ status: 201 });
  expect(await struck(cloud, "principalTypeChecked")).toBe(2);
  await cloud.control("PUT", "/control/life", { principalTypeChecked: false });
  await cloud.control("POST", "/control/reset");
  const made = await put(cloud, prod, { principalId: puller.inTenantB });
  expect([made.status, made.body.properties.principalType]).toEqual([201, "ServicePrincipal"]);
});

test("a condition on the principal's type sees User where the type was left out", async () => {
  const cloud = await harsh(["principalTypeChecked"], ({ roleAssignments }) => ({
    roleAssignments: [
      ...roleAssignments,
      {
        scope: prod,
        principalId: puller.inTenantB,
        role: "Role Based Access Control Administrator",
        condition:
          "(!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'}) OR @Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEqualsIgnoreCase 'ServicePrincipal')",
      },
    ],
  }));
  const { token } = await pullerIn(cloud, "TENANT_B").getToken(armScope);
  const path = `${prod}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?${version}`;
  const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${roles.acrPull}`;
  const body = { properties: { roleDefinitionId, principalId: administratorB } };
  expect(await arm(cloud, "PUT", path, { token, body })).toMatchObject({
    status: 403,
    body: { error: { code: "AuthorizationFailed" } },
  });
});

test("the same assignment put again answers 200 with the switch and 201 without", async () => {
  const cloud = await harsh(["repeatedAssignment"]);
  const name = randomUUID();
  expect((await put(cloud, prod, toPuller, name)).status).toBe(201);
  expect((await put(cloud, prod, toPuller, name)).status).toBe(200);
  expect(await struck(cloud, "repeatedAssignment")).toBe(1);
  await cloud.control("PUT", "/control/life", { repeatedAssignment: false });
  expect((await put(cloud, prod, toPuller, name)).status).toBe(201);
});

test("a new role is honoured after minutes; off, at once", async () => {
  const cloud = await harsh(["newRolesLag"]);
  const read = async (): Promise<number> => {
    const { token } = await pullerIn(cloud, "TENANT_B").getToken(armScope);
    return (await arm(cloud, "GET", `${prod}?api-version=2025-11-01`, { token })).status;
  };
  await grant(cloud, prod, puller.inTenantB, roles.reader);
  expect(await read()).toBe(403);
  expect(await struck(cloud, "newRolesLag")).toBeGreaterThan(0);
  await cloud.control("PUT", "/control/life", { newRolesLag: false });
  expect(await read()).toBe(200);
  await cloud.control("PUT", "/control/life", { newRolesLag: true });
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 7200 });
  expect(await read()).toBe(200);
});

test("a withdrawn role goes on working for a while, and stops within two hours", async () => {
  const cloud = await harsh(["withdrawnRolesLinger"]);
  const id = await grant(cloud, prod, puller.inTenantB, roles.reader);
  const read = async (): Promise<Answer> => {
    // A new one each time: an old token would have expired by the end.
    const { token } = await pullerIn(cloud, "TENANT_B").getToken(armScope);
    return arm(cloud, "GET", `${prod}?api-version=2025-11-01`, { token });
  };
  expect((await read()).status).toBe(200);
  await arm(cloud, "DELETE", `${id}?${version}`, { tenant: "TENANT_B" });
  expect((await read()).status).toBe(200);
  expect(await struck(cloud, "withdrawnRolesLinger")).toBeGreaterThan(0);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 7200 });
  expect((await read()).status).toBe(403);
});

test("without the switch a withdrawn role stops at once", async () => {
  const cloud = await harsh([]);
  const id = await grant(cloud, prod, puller.inTenantB, roles.reader);
  const { token } = await pullerIn(cloud, "TENANT_B").getToken(armScope);
  const read = (): Promise<Answer> => arm(cloud, "GET", `${prod}?api-version=2025-11-01`, { token });
  expect((await read()).status).toBe(200);
  await arm(cloud, "DELETE", `${id}?${version}`, { tenant: "TENANT_B" });
  for (let asked = 0; asked < 10; asked += 1) expect((await read()).status).toBe(403);
  expect(await struck(cloud, "withdrawnRolesLinger")).toBe(0);
});

test("a role of a group is its members' role; assignedTo() finds it and principalId does not", async () => {
  const cloud = await harsh([], ({ roleAssignments, tenants }) => ({
    groups: [
      {
        objectId: groupId,
        tenantId: tenants[1]?.id ?? "",
        displayName: "registry readers",
        members: [puller.inTenantB],
      },
    ],
    roleAssignments: [...roleAssignments, { scope: prod, principalId: groupId, role: "Reader" }],
  }));
  const { token } = await pullerIn(cloud, "TENANT_B").getToken(armScope);
  expect((await arm(cloud, "GET", `${prod}?api-version=2025-11-01`, { token })).status).toBe(200);
  const list = async (filter: string): Promise<readonly string[]> => {
    const path = `${prod}/providers/Microsoft.Authorization/roleAssignments?${version}&$filter=${encodeURIComponent(filter)}`;
    const { body } = await arm(cloud, "GET", path, { tenant: "TENANT_B" });
    return body.value.map((one: { properties: { principalType: string } }) => one.properties.principalType);
  };
  expect(await list(`assignedTo('${puller.inTenantB}')`)).toEqual(["Group"]);
  expect(await list(`principalId eq '${puller.inTenantB}'`)).toEqual([]);
});

test("a role given to a group reaches a member's pulls late, and within two hours", async () => {
  const cloud = await harsh(["groupRoleLag"], ({ tenants }) => ({
    groups: [
      { objectId: groupId, tenantId: tenants[1]?.id ?? "", displayName: "pullers", members: [puller.inTenantB] },
    ],
  }));
  expect((await put(cloud, prod, { principalId: groupId, principalType: "Group" })).status).toBe(201);
  const pull = async (): Promise<number> => {
    const body = new URLSearchParams({
      grant_type: "password",
      username: puller.appId,
      password: puller.secret,
      service: cloud.env1("ACR_LOGIN_SERVER"),
      scope: "repository:team/app:pull",
    });
    return (await fetch(`https://${cloud.env1("ACR_LOGIN_SERVER")}/oauth2/token`, { method: "POST", body })).status;
  };
  expect(await pull()).toBe(401);
  const effects = await struck(cloud, "groupRoleLag");
  expect(effects).toBeGreaterThan(0);
  await cloud.control("PUT", "/control/life", { groupRoleLag: false });
  expect(await pull()).toBe(200);
  expect(await struck(cloud, "groupRoleLag")).toBe(effects);
  await cloud.control("PUT", "/control/life", { groupRoleLag: true });
  expect(await pull()).toBe(401);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 7200 });
  expect(await pull()).toBe(200);
});

test("what is assigned to a management group holds in its subscriptions and is listed there", async () => {
  const scope = "/providers/Microsoft.Management/managementGroups/mg-registries";
  const cloud = await harsh([], ({ roleAssignments }) => ({
    managementGroups: [
      { id: "mg-platform", parent: undefined, subscriptions: [] },
      { id: "mg-registries", parent: "mg-platform", subscriptions: [subscriptionB.split("/")[2] ?? ""] },
    ],
    roleAssignments: [...roleAssignments, { scope, principalId: puller.inTenantB, role: "Reader" }],
  }));
  const { token } = await pullerIn(cloud, "TENANT_B").getToken(armScope);
  expect((await arm(cloud, "GET", `${prod}?api-version=2025-11-01`, { token })).status).toBe(200);
  const filter = encodeURIComponent(`principalId eq '${puller.inTenantB}'`);
  const path = `${subscriptionB}/providers/Microsoft.Authorization/roleAssignments?${version}&$filter=${filter}`;
  const { body } = await arm(cloud, "GET", path, { tenant: "TENANT_B" });
  expect(body.value).toMatchObject([{ properties: { scope, principalId: puller.inTenantB } }]);
  // To give more there takes a right there, not in one of the subscriptions.
  expect((await put(cloud, scope, toPuller)).body.error.code).toBe("AuthorizationFailed");
});

test("a deny assignment of the estate stands against a role, and names itself", async () => {
  const cloud = await harsh([], () => ({
    denyAssignments: [
      {
        name: "frozen registry",
        description: "",
        scope: prod,
        principals: ["everyone"],
        excludePrincipals: [],
        actions: ["*/write"],
        notActions: [],
        dataActions: [],
        notDataActions: [],
        doNotApplyToChildScopes: false,
      },
    ],
  }));
  expect(await put(cloud, prod, toPuller)).toMatchObject({
    status: 403,
    body: {
      error: {
        code: "DenyAssignmentAuthorizationFailed",
        message: expect.stringContaining(
          "the access is denied because of the deny assignment with name 'frozen registry'",
        ),
      },
    },
  });
  const path = `${prod}/providers/Microsoft.Authorization/denyAssignments?${version}`;
  const { body } = await arm(cloud, "GET", path, { tenant: "TENANT_B" });
  expect(body.value).toMatchObject([{ properties: { denyAssignmentName: "frozen registry", scope: prod } }]);
});

test("lockdown falls on some node resource groups, never on the first cluster's, and refuses roles there", async () => {
  const cloud = await harsh(["nodeGroupLockdown"], undefined, { clusters: 40 });
  const groups = [
    "aks-prod",
    ...Array.from({ length: 40 }, (_, index) => `aks-${String(index + 1).padStart(4, "0")}`),
  ].map((name) => `${subscriptionA}/resourceGroups/MC_rg-clusters_${name}_westeurope`);
  const refusedBy = async (): Promise<readonly string[]> => {
    const answers = await Promise.all(
      groups.map((scope) => put(cloud, scope, { ...toPuller, principalId: puller.inTenantA })),
    );
    return answers.flatMap(({ status, body }) => (status === 201 ? [] : [body.error.code]));
  };
  const refused = await refusedBy();
  expect(refused.length).toBeGreaterThan(2);
  expect(refused.length).toBeLessThan(20);
  expect(new Set(refused)).toEqual(new Set(["DenyAssignmentAuthorizationFailed"]));
  expect((await put(cloud, groups[0] ?? "", { ...toPuller, principalId: puller.inTenantA })).status).not.toBe(403);
  expect(await struck(cloud, "nodeGroupLockdown")).toBe(refused.length);
  await cloud.control("PUT", "/control/life", { nodeGroupLockdown: false });
  await cloud.control("POST", "/control/reset");
  expect(await refusedBy()).toEqual([]);
});

test("a node resource group under lockdown is the cluster's to change, whatever its credential is now", async () => {
  const cloud = await harsh(["nodeGroupLockdown"], undefined, { clusters: 40 });
  const list = async (scope: string): Promise<readonly { properties: { excludePrincipals: { id: string }[] } }[]> => {
    const path = `${scope}/providers/Microsoft.Authorization/denyAssignments?${version}`;
    return (await arm(cloud, "GET", path)).body.value;
  };
  const names = Array.from({ length: 40 }, (_, index) => `aks-${String(index + 1).padStart(4, "0")}`);
  const groupOf = (name: string): string => `${subscriptionA}/resourceGroups/MC_rg-clusters_${name}_westeurope`;
  let locked = "";
  for (const name of names) if (locked === "" && (await list(groupOf(name))).length > 0) locked = name;
  const excluded = async (): Promise<readonly string[]> =>
    (await list(groupOf(locked))).flatMap(({ properties }) => properties.excludePrincipals.map(({ id }) => id));
  expect(await excluded()).toHaveLength(1);
  expect(await excluded()).not.toContain(puller.inTenantA);
  const body = { clientId: puller.appId, secret: puller.secret };
  await arm(cloud, "POST", `${clusterId(locked)}/resetServicePrincipalProfile?api-version=2026-06-01`, { body });
  expect(await excluded()).toEqual([puller.inTenantA]);
});

test("some registries take no more role assignments, the first always does", async () => {
  const cloud = await harsh(["roleAssignmentsFull"], withMoreRegistries(20));
  const answers = await Promise.all([prod, ...extraRegistries(20)].map((scope) => put(cloud, scope, toPuller)));
  const codes = answers.map(({ status, body }) => (status === 201 ? "" : body.error.code));
  expect(codes[0]).toBe("");
  const full = codes.filter((code) => code === "RoleAssignmentLimitExceeded").length;
  expect(full).toBeGreaterThan(0);
  expect(new Set(codes)).toEqual(new Set(["", "RoleAssignmentLimitExceeded"]));
  expect(await struck(cloud, "roleAssignmentsFull")).toBe(full);
  await cloud.control("PUT", "/control/life", { roleAssignmentsFull: false });
  const index = codes.indexOf("RoleAssignmentLimitExceeded") - 1;
  expect((await put(cloud, extraRegistries(20)[index] ?? "", toPuller)).status).toBe(201);
});

test("an assignment just made is not there yet for another caller, and always for its maker", async () => {
  const cloud = await harsh(["armReplicas"]);
  await grant(cloud, clusterId("aks-prod"), puller.inTenantA, roles.reader);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 600 });
  const id = await grant(cloud, clusterId("aks-prod"), puller.inTenantA, roles.contributor);
  expect((await arm(cloud, "GET", `${id}?${version}`)).status).toBe(200);
  const { token } = await pullerIn(cloud, "TENANT_A").getToken(armScope);
  const other = (): Promise<Answer> => arm(cloud, "GET", `${id}?${version}`, { token });
  expect(await other()).toMatchObject({ status: 404, body: { error: { code: "RoleAssignmentNotFound" } } });
  const list = await arm(
    cloud,
    "GET",
    `${clusterId("aks-prod")}/providers/Microsoft.Authorization/roleAssignments?${version}`,
    {
      token,
    },
  );
  expect(list.body.value.map((one: { id: string }) => one.id)).not.toContain(id);
  expect(await struck(cloud, "armReplicas")).toBe(2);
  await cloud.control("PUT", "/control/life", { armReplicas: false });
  expect((await other()).status).toBe(200);
  expect(await struck(cloud, "armReplicas")).toBe(2);
  await cloud.control("PUT", "/control/life", { armReplicas: true });
  expect((await other()).status).toBe(404);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 300 });
  expect((await other()).status).toBe(200);
});
