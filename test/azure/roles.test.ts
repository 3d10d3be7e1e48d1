import { connectRegistries } from "../../src/azure/registries.ts";
import { connectRoles } from "../../src/azure/roles.ts";
import type { Assigned, Roles } from "../../src/azure/clients.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { assignmentName, repositoryCondition } from "../../src/domain/roles.ts";
import { inTenant } from "./simulated.ts";
import { anyCredentials, standIn, type Answer, type StandIn } from "./standIn.ts";

const tenantId = "b0000000-0000-4000-8000-000000000001";
const subscription = "/subscriptions/b0000000-0000-4000-8000-0000000000a1";
const registry = inTenant(
  `${subscription}/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/fabrikam`,
  tenantId,
);
const principalId = "30000000-0000-4000-8000-000000000001";
const roleId = "b93aa761-3e63-49ed-ac28-beffa264f7ac";
const name = assignmentName(registry.id, principalId, roleId);
const provider = "/providers/Microsoft.Authorization";
const id = `${registry.id}${provider}/roleAssignments/${name}`;
const roleDefinitionId = `${subscription}${provider}/roleDefinitions/${roleId}`;
const refusal = (status: number, code: string): Answer => ({ status, body: { error: { code, message: "No." } } });

describe("roles", () => {
  let arm: StandIn;
  let roles: Roles;
  beforeAll(async () => {
    arm = await standIn();
    roles = connectRoles(arm.cloud, anyCredentials());
  });
  afterAll(() => arm.close());
  const assign = (): Promise<Assigned> =>
    roles.assign(tenantId, { name, scope: registry.id, roleId, principalId, ...withCondition() });
  const withCondition = (): object => ({ condition: repositoryCondition(["team/app"]) });

  it("are assigned under our name, to a service principal, with the condition", async () => {
    arm.answer(() => ({ status: 201, body: { id } }));
    expect(await assign()).toEqual({ outcome: "assigned", id, created: true });
    expect(arm.asked).toHaveLength(1);
    const [{ method = "", path = "", body = "" } = {}] = arm.asked;
    expect([method, path]).toEqual(["PUT", `${id}?api-version=2022-04-01`]);
    expect(JSON.parse(body)).toEqual({
      properties: {
        ...{ roleDefinitionId, principalId, principalType: "ServicePrincipal", conditionVersion: "2.0" },
        condition: expect.stringContaining("'team/app'"),
      },
    });
  });

  it("that are there under our name are there", async () => {
    arm.answer(() => ({ status: 200, body: { id } }));
    expect(await assign()).toEqual({ outcome: "assigned", id, created: false });
  });

  it("that are there under another name are found", async () => {
    const other = {
      id: `${id}-other`,
      properties: { scope: registry.id.toUpperCase(), roleDefinitionId, principalId },
    };
    const above = { id: "above", properties: { scope: subscription, roleDefinitionId, principalId } };
    arm.answer(({ method }) =>
      method === "PUT" ? refusal(409, "RoleAssignmentExists") : { status: 200, body: { value: [above, other] } },
    );
    expect(await assign()).toEqual({ outcome: "assigned", id: `${id}-other`, created: false });
    expect(decodeURIComponent(arm.asked[1]?.path ?? "")).toContain(`$filter=principalId eq '${principalId}'`);
  });

  it("that are there but not listed yet are a matter of time", async () => {
    arm.answer(({ method }) =>
      method === "PUT" ? refusal(409, "RoleAssignmentExists") : { status: 200, body: { value: [] } },
    );
    await expect(assign()).rejects.toThrow(TransientError);
  });

  it.each([
    [400, "PrincipalNotFound", "principalNotFound"],
    [403, "AuthorizationFailed", "forbidden"],
    [409, "ScopeLocked", "forbidden"],
    [400, "RoleAssignmentUpdateNotPermitted", "forbidden"],
    [400, "RoleAssignmentLimitExceeded", "forbidden"],
  ])("refused with %i %s are %s", async (status, code, outcome) => {
    arm.answer(() => refusal(status, code));
    expect(await assign()).toEqual({ outcome, code, detail: "No." });
  });

  it("throttled without Retry-After are a matter of time", async () => {
    arm.answer(() => refusal(429, "TooManyRequests"));
    await expect(assign()).rejects.toThrow(TransientError);
  });

  it("are copied by the full id of their definition", async () => {
    arm.answer(() => ({ status: 201, body: { id } }));
    await roles.assign(tenantId, { name, scope: subscription, roleId: "/custom/role", principalId });
    expect(JSON.parse(arm.asked[0]?.body ?? "")).toMatchObject({ properties: { roleDefinitionId: "/custom/role" } });
  });

  it("of a principal are listed over all pages", async () => {
    const properties = { scope: subscription, roleDefinitionId, principalId, condition: "c", conditionVersion: "2.0" };
    arm.answer(({ path }) => {
      if (path.includes("page=2")) return { status: 200, body: { value: [{ id: "two", properties }] } };
      const nextLink = `${arm.url}/next?page=2`;
      const bare = { ...properties, condition: null, conditionVersion: null };
      return { status: 200, body: { value: [{ id: "one", properties: bare }], nextLink } };
    });
    expect(await roles.listFor(tenantId, registry.subscriptionId, principalId)).toEqual([
      { id: "one", scope: subscription, roleDefinitionId, condition: null, conditionVersion: null },
      { id: "two", scope: subscription, roleDefinitionId, condition: "c", conditionVersion: "2.0" },
    ]);
  });

  it("that may not be listed are an error, never an empty list", async () => {
    arm.answer(() => refusal(403, "AuthorizationFailed"));
    await expect(roles.listFor(tenantId, registry.subscriptionId, principalId)).rejects.toThrow("AuthorizationFailed");
    await expect(roles.listFor(tenantId, registry.subscriptionId, "' or 1 eq 1")).rejects.toThrow("not a GUID");
  });

  it.each([
    ["are there", { status: 200, body: { id } }],
    ["are gone", { status: 204 }],
    ["were never there", refusal(404, "RoleAssignmentNotFound")],
  ])("that %s can be removed", async (_name, answer) => {
    arm.answer(() => answer);
    await expect(roles.remove(tenantId, id)).resolves.toBeUndefined();
    expect(arm.asked.map(({ method, path }) => [method, path])).toEqual([["DELETE", `${id}?api-version=2022-04-01`]]);
  });

  it("that are gone are gone, also where we may only remove what we can see", async () => {
    arm.answer(({ method }) =>
      method === "GET" ? refusal(404, "RoleAssignmentNotFound") : refusal(403, "AuthorizationFailed"),
    );
    await expect(roles.remove(tenantId, id)).resolves.toBeUndefined();
  });

  it("that may not be removed are an error", async () => {
    arm.answer(({ method }) =>
      method === "GET" ? { status: 200, body: { id } } : refusal(403, "AuthorizationFailed"),
    );
    await expect(roles.remove(tenantId, id)).rejects.toThrow("AuthorizationFailed");
  });
});

describe("permissions", () => {
  let arm: StandIn;
  beforeAll(async () => {
    arm = await standIn();
  });
  afterAll(() => arm.close());

  it("are what ARM says we may do on the resource", async () => {
    const value = [{ actions: ["*/read"], notActions: [] }, { actions: ["x/write"] }];
    arm.answer(() => ({ status: 200, body: { value } }));
    const roles = connectRoles(arm.cloud, anyCredentials());
    expect(await roles.permissions(tenantId, registry)).toEqual([
      { actions: ["*/read"], notActions: [] },
      { actions: ["x/write"], notActions: [] },
    ]);
    const path = (arm.asked[0]?.path ?? "").split("?")[0];
    expect(path?.toLowerCase()).toBe(`${registry.id}${provider}/permissions`.toLowerCase());
  });

  it.each([
    [403, "AuthorizationFailed"],
    [401, "InvalidAuthenticationTokenTenant"],
    [404, "ResourceNotFound"],
  ])("are none when asking is answered with %i %s", async (status, code) => {
    arm.answer(() => refusal(status, code));
    expect(await connectRoles(arm.cloud, anyCredentials()).permissions(tenantId, registry)).toEqual([]);
  });
});

describe("a registry", () => {
  let arm: StandIn;
  beforeAll(async () => {
    arm = await standIn();
  });
  afterAll(() => arm.close());

  it.each([
    [{ roleAssignmentMode: "AbacRepositoryPermissions" }, "abac", "Allow"],
    [{ roleAssignmentMode: "LegacyRegistryPermissions", networkRuleSet: { defaultAction: "Deny" } }, "legacy", "Deny"],
    [{}, "legacy", "Allow"],
  ])("with %j is read", async (changed, roleMode, defaultNetworkAction) => {
    const sku = { name: "Premium" };
    const properties = { loginServer: "fabrikam.azurecr.io", provisioningState: "Succeeded", ...changed };
    arm.answer(() => ({ status: 200, body: { id: registry.id, location: "westeurope", sku, properties } }));
    expect(await connectRegistries(arm.cloud, anyCredentials()).get(registry)).toEqual({
      ...{ outcome: "found", id: registry.id, location: "westeurope", loginServer: "fabrikam.azurecr.io" },
      ...{ provisioningState: "Succeeded", roleMode, publicNetworkAccess: "Enabled", defaultNetworkAction },
    });
  });

  it.each([
    [404, "ResourceNotFound", "missing"],
    [403, "AuthorizationFailed", "forbidden"],
  ])("answered with %i %s is %s", async (status, code, outcome) => {
    arm.answer(() => refusal(status, code));
    expect(await connectRegistries(arm.cloud, anyCredentials()).get(registry)).toMatchObject({ outcome, code });
  });

  it("behind a proxy that answers 503 without a body is a matter of time", async () => {
    arm.answer(() => ({ status: 503, headers: { "retry-after-ms": "1" } }));
    await expect(connectRegistries(arm.cloud, anyCredentials()).get(registry)).rejects.toThrow(TransientError);
  });
});
