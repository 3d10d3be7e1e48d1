import { connectRegistries } from "../../src/azure/registries.ts";
import { connectRoles } from "../../src/azure/roles.ts";
import type { Assigned, Roles } from "../../src/azure/clients.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { assignmentName, repositoryCondition } from "../../src/domain/roles.ts";
import { inTenant } from "./simulated.ts";
import { anyCredentials, standIn, type Answer, type StandIn, refusal } from "./standIn.ts";

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
describe("roles", () => {
  let arm: StandIn;
  let roles: Roles;
  beforeAll(async () => {
    arm = await standIn();
    roles = connectRoles(arm.cloud, anyCredentials());
  });
  afterAll(() => arm.close());
  const condition = repositoryCondition(["team/app"]);
  const assign = (): Promise<Assigned> =>
    roles.assign(tenantId, { name, scope: registry.id, roleId, principalId, ...(condition ? { condition } : {}) });
  const row = (rowId: string, more: object = {}): object => ({
    id: rowId,
    properties: { scope: registry.id, roleDefinitionId, principalId, ...more },
  });
  const exists = refusal(409, "RoleAssignmentExists");
  const listing = (...value: readonly object[]): void =>
    arm.answer(({ method }) => (method === "PUT" ? exists : { status: 200, body: { value } }));

  it("are assigned under our name, to a service principal, with the condition", async () => {
    arm.answer(() => ({ status: 201, body: { id } }));
    expect(await assign()).toEqual({ outcome: "assigned", id });
    expect(arm.asked).toHaveLength(1);
    const [{ method = "", path = "", body = "" } = {}] = arm.asked;
    expect([method, path]).toEqual(["PUT", `${id}?api-version=2022-04-01`]);
    expect(JSON.parse(body)).toEqual({
      properties: {
        roleDefinitionId,
        principalId,
        principalType: "ServicePrincipal",
        conditionVersion: "2.0",
        condition: expect.stringContaining("'team/app'"),
      },
    });
  });

  it("that are there under another name are found, when their condition is the same but for spaces", async () => {
    const spaced = condition?.condition.replaceAll(" ", "\n  ");
    listing(
      row("above", { scope: subscription }),
      row("of somebody else", { principalId: "30000000-0000-4000-8000-000000000002" }),
      row(`${id}-other`, { scope: registry.id.toUpperCase(), condition: spaced }),
    );
    expect(await assign()).toEqual({ outcome: "assigned", id: `${id}-other` });
    expect(decodeURIComponent(arm.asked[1]?.path ?? "")).toContain(`$filter=principalId eq '${principalId}'`);
  });

  it.each([
    ["narrower", "(@Request[...] StringEquals 'team/other')"],
    ["wider", null],
  ])("that are there with a %s condition stand in the way", async (_name, other) => {
    listing(row(`${id}-other`, { condition: other, conditionVersion: "2.0" }));
    expect(await assign()).toEqual({
      outcome: "otherCondition",
      assignment: {
        id: `${id}-other`,
        scope: registry.id,
        principalId,
        roleDefinitionId,
        condition: other,
        conditionVersion: "2.0",
      },
    });
  });

  it("that are there but not listed yet are a matter of time", async () => {
    listing();
    await expect(assign()).rejects.toThrow(TransientError);
  });

  it.each([
    [400, "PrincipalNotFound", "principalNotFound"],
    [403, "AuthorizationFailed", "forbidden"],
    [409, "ScopeLocked", "locked"],
    [400, "RoleAssignmentUpdateNotPermitted", "forbidden"],
    [400, "RoleAssignmentLimitExceeded", "limit"],
    [403, "RequestDisallowedByPolicy", "denied"],
    [403, "DenyAssignmentAuthorizationFailed", "denied"],
    [404, "ResourceGroupNotFound", "forbidden"],
    [409, "ReadOnlyDisabledSubscription", "refused"],
    [400, "InvalidCondition", "refused"],
    [400, "UnmatchedPrincipalType", "refused"],
  ])("refused with %i %s are %s", async (status, code, outcome) => {
    arm.answer(() => refusal(status, code));
    expect(await assign()).toEqual({ outcome, code, detail: "No." });
  });

  it("that a deny assignment forbids are denied, though the word is that of a missing right", async () => {
    const message =
      "The client has permission; however, the access is denied because of the deny assignment with name x.";
    arm.answer(() => ({ status: 403, body: { error: { code: "AuthorizationFailed", message } } }));
    expect(await assign()).toMatchObject({ outcome: "denied" });
  });

  it("are assigned in an older version where the newest is missing", async () => {
    const message = "The supported api-versions are '2020-10-01-preview, 2020-04-01-preview, 2015-07-01'.";
    arm.answer(({ path }) =>
      path.includes("2020-10-01-preview")
        ? { status: 201, body: { id } }
        : { status: 400, body: { error: { code: "NoRegisteredProviderFound", message } } },
    );
    expect(await assign()).toEqual({ outcome: "assigned", id });
    expect(arm.asked).toHaveLength(2);
  });

  it("are read everywhere in an older version, in whatever words ARM names those it has", async () => {
    const message = "The api-version '2022-12-01' is invalid. The supported versions are '2016-06-01,2020-01-01'.";
    arm.answer(({ path }) =>
      path.startsWith("/subscriptions?") && !path.includes("2020-01-01")
        ? { status: 400, body: { error: { code: "InvalidApiVersionParameter", message } } }
        : { status: 200, body: { value: [] } },
    );
    const found = await connectRoles(arm.cloud, anyCredentials()).assignmentsOf(tenantId, [principalId]);
    expect([found, arm.asked.length]).toEqual([{ assignments: [], seen: [], hidden: [] }, 2]);
  });

  it("are never assigned in a version without conditions because permissions are read in it", async () => {
    const fresh = connectRoles(arm.cloud, anyCredentials());
    const message = "The supported api-versions are '2015-07-01'.";
    arm.answer(({ method, path }) => {
      if (method === "PUT") return { status: 201, body: { id } };
      return path.includes("2015-07-01")
        ? { status: 200, body: { value: [{ actions: ["*"] }] } }
        : { status: 400, body: { error: { code: "NoRegisteredProviderFound", message } } };
    });
    expect(await fresh.permissions(tenantId, registry.id)).toEqual({
      outcome: "known",
      value: [{ actions: ["*"], notActions: [] }],
    });
    await fresh.assign(tenantId, { name, scope: registry.id, roleId, principalId });
    expect(arm.asked.at(-1)?.path).toContain("api-version=2022-04-01");
  });

  it.each([
    ["elsewhere", "http://elsewhere.example"],
    ["at ARM", ""],
  ])("are not asked for where a redirect leads, %s", async (_name, base) => {
    arm.answer(() => ({ status: 307, headers: { location: `${base || arm.url}/other` }, body: "<p>Moved</p>" }));
    const wanted = { scope: registry.id, principalId, roleId };
    await expect(roles.find(tenantId, wanted)).rejects.toThrow("(307)");
    expect(arm.asked).toHaveLength(1);
  });

  it.each([
    ["an error that is no JSON", { status: 400, body: "<p>a-token</p>" }, /HTTP 400 \(400\): HTTP 400$/],
    ["an error without words", { status: 400, body: { error: {} } }, /HTTP 400 \(400\): HTTP 400$/],
    ["an answer that is no JSON", { status: 200, body: "<p>a-token</p>" }, /could not be read$/],
  ])("that are asked for and bring %s quote nothing of it", async (_name, answer, words) => {
    arm.answer(() => answer);
    await expect(roles.find(tenantId, { scope: registry.id, principalId, roleId })).rejects.toThrow(words);
  });

  it("have an error's innermost words where it nests them", async () => {
    const details = [{ code: "RequestDisallowedByPolicy", message: "Policy p." }];
    const error = { code: "BadRequest", message: "No.", details };
    arm.answer(() => ({ status: 400, body: { error } }));
    expect(await assign()).toMatchObject({ outcome: "denied", detail: "No. (RequestDisallowedByPolicy: Policy p.)" });
  });

  it("are none where the list is an answer without a body", async () => {
    arm.answer(() => ({ status: 200 }));
    expect(await roles.find(tenantId, { scope: registry.id, principalId, roleId })).toEqual([]);
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

  it("above the subscriptions have a definition there", async () => {
    arm.answer(() => ({ status: 201, body: {} }));
    const scope = "/providers/Microsoft.Management/managementGroups/root";
    const assigned = await roles.assign(tenantId, { name, scope, roleId, principalId });
    expect(assigned).toEqual({ outcome: "assigned", id: `${scope}${provider}/roleAssignments/${name}` });
    const properties = { roleDefinitionId: `${provider}/roleDefinitions/${roleId}` };
    expect(JSON.parse(arm.asked[0]?.body ?? "")).toMatchObject({ properties });
  });

  it("may not be looked for without the right: that is an error, never an empty list", async () => {
    arm.answer(() => refusal(403, "AuthorizationFailed"));
    const wanted = { scope: registry.id, principalId, roleId };
    await expect(roles.find(tenantId, wanted)).rejects.toThrow("no right");
    await expect(roles.find(tenantId, { ...wanted, principalId: "' or 1 eq 1" })).rejects.toThrow("not a GUID");
  });

  describe("of a principal", () => {
    const other = "b0000000-0000-4000-8000-0000000000a2";
    const closed = "b0000000-0000-4000-8000-0000000000a3";
    const group = "40000000-0000-4000-8000-000000000001";
    const subscriptionsOf = (...ids: readonly string[]): Answer => ({
      status: 200,
      body: { value: ids.map((subscriptionId) => ({ subscriptionId })) },
    });

    it("are read in every subscription we see, of the groups too, over all pages, each once", async () => {
      arm.answer(({ path }) => {
        if (path.startsWith("/subscriptions?")) return subscriptionsOf(registry.subscriptionId, other, closed);
        if (path.includes(closed)) return refusal(403, "AuthorizationFailed");
        if (path.includes("page=2")) return { status: 200, body: { value: [row("two"), row("above")] } };
        if (path.includes(other)) return { status: 200, body: { value: [row("above")] } };
        const isGroup = decodeURIComponent(path).includes(group);
        const nextLink = `${arm.url}/next?page=2`;
        return { status: 200, body: isGroup ? { value: [row("group's")] } : { value: [row("one")], nextLink } };
      });
      const found = await roles.assignmentsOf(tenantId, [principalId, group], [registry.subscriptionId]);
      expect(found.assignments.map((one) => one.id).sort()).toEqual(["above", "group's", "one", "two"]);
      expect(found).toMatchObject({
        seen: [registry.subscriptionId, other],
        hidden: [closed],
      });
    });

    it("are found by the index where there are many subscriptions, and read again where the index may lag", async () => {
      const many = Array.from(
        { length: 30 },
        (_, n) => `c0000000-0000-4000-8000-0000000000${String(n).padStart(2, "0")}`,
      );
      arm.answer(({ path, body }) => {
        if (path.startsWith("/subscriptions?")) return subscriptionsOf(...many);
        if (path.includes("ResourceGraph")) {
          const isNext = body.includes("skip-me");
          const scope = `/subscriptions/${many[7]}`;
          return {
            status: 200,
            body: isNext ? { data: [row("indexed", { scope })] } : { data: [], $skipToken: "skip-me" },
          };
        }
        return { status: 200, body: { value: path.includes(registry.subscriptionId) ? [row("too new")] : [] } };
      });
      const found = await roles.assignmentsOf(tenantId, [principalId], [registry.subscriptionId]);
      expect(found.assignments.map((one) => one.id).sort()).toEqual(["indexed", "too new"]);
      const read = arm.asked.filter(({ path }) => path.includes("roleAssignments"));
      expect(read).toHaveLength(2);
    });

    it("are read one by one where the index does not answer us", async () => {
      const many = Array.from(
        { length: 21 },
        (_, n) => `c0000000-0000-4000-8000-0000000000${String(n).padStart(2, "0")}`,
      );
      arm.answer(({ path }) => {
        if (path.startsWith("/subscriptions?")) return subscriptionsOf(...many);
        if (path.includes("ResourceGraph")) return refusal(403, "AuthorizationFailed");
        return { status: 200, body: { value: path.includes(many[20] ?? "?") ? [row("last")] : [] } };
      });
      const found = await roles.assignmentsOf(tenantId, [principalId]);
      expect(found.assignments.map((one) => one.id)).toEqual(["last"]);
    });

    it("are not asked for at an address that is not ARM's", async () => {
      const elsewhere = await standIn();
      elsewhere.answer(() => ({ status: 200, body: { value: [] } }));
      arm.answer(() => ({ status: 200, body: { value: [], nextLink: `${elsewhere.url}/next` } }));
      const leads = "leads to an address outside";
      await expect(roles.assignmentsOf(tenantId, [principalId])).rejects.toThrow(leads);
      await expect(roles.permissions(tenantId, registry.id)).rejects.toThrow(leads);
      await expect(roles.find(tenantId, { scope: registry.id, principalId, roleId })).rejects.toThrow(leads);
      expect(elsewhere.asked).toEqual([]);
      await elsewhere.close();
    });
  });

  it("have names and permissions, which are read once; one that cannot be read is asked for again", async () => {
    const action = { actions: ["Microsoft.ContainerRegistry/registries/pull/read"], notActions: [] };
    arm.answer(() => ({ status: 200, body: { properties: { roleName: "AcrPull", permissions: [action] } } }));
    const value = { name: "AcrPull", permissions: [{ ...action, dataActions: [], notDataActions: [] }] };
    expect(await roles.role(tenantId, roleDefinitionId)).toEqual({ outcome: "known", value });
    expect(await roles.role(tenantId, roleDefinitionId)).toEqual({ outcome: "known", value });
    expect(arm.asked).toHaveLength(1);
    arm.answer(() => refusal(403, "AuthorizationFailed"));
    const unknown = { outcome: "unknown", detail: "AuthorizationFailed: No." };
    expect(await roles.role(tenantId, "/custom/role")).toEqual(unknown);
    expect(await roles.role(tenantId, "/custom/role")).toEqual(unknown);
    expect(arm.asked).toHaveLength(2);
  });

  describe("that are removed", () => {
    const gone = refusal(404, "RoleAssignmentNotFound");
    it.each([
      ["are there", { status: 200, body: { id } }],
      ["are gone", { status: 204 }],
      ["were never there", gone],
    ])("and %s are proved gone by reading", async (_name, answer) => {
      arm.answer(({ method }) => (method === "DELETE" ? answer : gone));
      expect(await roles.remove(tenantId, id)).toEqual({ outcome: "removed" });
      expect(arm.asked.map(({ method }) => method)).toEqual(["DELETE", "GET", "GET", "GET"]);
    });

    it("are not proved gone while one replica shows them", async () => {
      let reads = 0;
      arm.answer(({ method }) => {
        if (method === "DELETE") return gone;
        return (reads += 1) === 2 ? { status: 200, body: { id } } : gone;
      });
      expect(await roles.remove(tenantId, id)).toMatchObject({ outcome: "notYet" });
    });

    it("are gone also where we may only remove what we can see", async () => {
      arm.answer(({ method }) => (method === "GET" ? gone : refusal(403, "AuthorizationFailed")));
      expect(await roles.remove(tenantId, id)).toEqual({ outcome: "removed" });
    });

    it.each([
      [403, "AuthorizationFailed", "forbidden"],
      [409, "ScopeLocked", "locked"],
    ])("and refused with %i %s are %s", async (status, code, outcome) => {
      arm.answer(({ method }) => (method === "GET" ? { status: 200, body: { id } } : refusal(status, code)));
      expect(await roles.remove(tenantId, id)).toEqual({ outcome, code, detail: "No." });
    });
  });
});

describe("locks", () => {
  let arm: StandIn;
  beforeAll(async () => {
    arm = await standIn();
  });
  afterAll(() => arm.close());

  it("in force at a resource are its own and those above it", async () => {
    const lock = (scope: string, level: string): object => ({
      id: `${scope}/providers/Microsoft.Authorization/locks/keep`,
      properties: { level },
    });
    const group = `${subscription}/resourceGroups/RG`;
    const value = [
      lock(group, "ReadOnly"),
      lock(registry.id, "CanNotDelete"),
      lock(`${group}2`, "ReadOnly"),
      lock(`${registry.id}/tokens/x`, "ReadOnly"),
    ];
    arm.answer(() => ({ status: 200, body: { value } }));
    const found = await connectRoles(arm.cloud, anyCredentials()).locks(tenantId, registry);
    expect(found).toMatchObject({ outcome: "known", value: [{ level: "ReadOnly" }, { level: "CanNotDelete" }] });
  });

  it("that we may not read are unknown", async () => {
    arm.answer(() => refusal(403, "AuthorizationFailed"));
    const found = await connectRoles(arm.cloud, anyCredentials()).locks(tenantId, registry);
    expect(found).toEqual({ outcome: "unknown", detail: "AuthorizationFailed: No." });
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
    expect(await roles.permissions(tenantId, registry.id)).toEqual({
      outcome: "known",
      value: [
        { actions: ["*/read"], notActions: [] },
        { actions: ["x/write"], notActions: [] },
      ],
    });
    const path = (arm.asked[0]?.path ?? "").split("?")[0];
    expect(path?.toLowerCase()).toBe(`${registry.id}${provider}/permissions`.toLowerCase());
  });

  it.each([
    [403, "AuthorizationFailed"],
    [401, "InvalidAuthenticationTokenTenant"],
    [404, "ResourceNotFound"],
  ])("are unknown when asking is answered with %i %s", async (status, code) => {
    arm.answer(() => refusal(status, code));
    expect(await connectRoles(arm.cloud, anyCredentials()).permissions(tenantId, registry.id)).toEqual({
      outcome: "unknown",
      detail: `${code}: No.`,
    });
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
    [
      {
        roleAssignmentMode: "LegacyRegistryPermissions",
        networkRuleSet: { defaultAction: "Deny", ipRules: [{ action: "Allow", value: "192.0.2.0/24" }] },
        privateEndpointConnections: [{ id: "one" }],
        dataEndpointEnabled: true,
      },
      "legacy",
      "Deny",
    ],
    [{}, "legacy", "Allow"],
  ])("with %j is read", async (changed, roleMode, defaultNetworkAction) => {
    const sku = { name: "Premium" };
    const properties = { loginServer: "fabrikam.azurecr.io", provisioningState: "Succeeded", ...changed };
    arm.answer(() => ({ status: 200, body: { id: registry.id, location: "westeurope", sku, properties } }));
    expect(await connectRegistries(arm.cloud, anyCredentials()).get(registry)).toEqual({
      outcome: "found",
      id: registry.id,
      loginServer: "fabrikam.azurecr.io",
      provisioningState: "Succeeded",
      sku: "Premium",
      roleMode,
      publicNetworkAccess: null,
      defaultNetworkAction,
      allowedAddresses: defaultNetworkAction === "Deny" ? ["192.0.2.0/24"] : [],
      privateEndpoints: defaultNetworkAction === "Deny" ? 1 : 0,
      dataEndpoints: defaultNetworkAction === "Deny",
    });
  });

  const named = { loginServer: "fabrikam.azurecr.io" };

  it("is asked for in the version that its cloud speaks", async () => {
    arm.answer(() => ({ status: 200, body: { location: "chinaeast2", sku: { name: "Basic" }, properties: named } }));
    await connectRegistries({ ...arm.cloud, acrApiVersion: "2023-07-01" }, anyCredentials()).get(registry);
    expect(arm.asked[0]?.path).toContain("api-version=2023-07-01");
  });

  it("is read in a preview rather than in a version that does not show its role mode", async () => {
    const properties = { ...named, roleAssignmentMode: "AbacRepositoryPermissions" };
    const message = "The supported api-versions are '2023-07-01, 2025-05-01-preview, 2025-04-01, 2025-03-01-preview'.";
    arm.answer(({ path }) =>
      path.includes("2025-05-01-preview")
        ? { status: 200, body: { location: "x", sku: { name: "Basic" }, properties } }
        : { status: 400, body: { error: { code: "NoRegisteredProviderFound", message } } },
    );
    expect(await connectRegistries(arm.cloud, anyCredentials()).get(registry)).toMatchObject({ roleMode: "abac" });
  });

  it.each([
    [404, "ResourceNotFound", "missing"],
    [403, "AuthorizationFailed", "forbidden"],
    [401, "AADSTS700016", "noToken"],
  ])("answered with %i %s is %s", async (status, code, outcome) => {
    arm.answer(() => refusal(status, code));
    expect(await connectRegistries(arm.cloud, anyCredentials()).get(registry)).toMatchObject({ outcome, code });
  });

  it("behind a proxy that answers 503 without a body is a matter of time", async () => {
    arm.answer(() => ({ status: 503, headers: { "retry-after-ms": "1" } }));
    await expect(connectRegistries(arm.cloud, anyCredentials()).get(registry)).rejects.toThrow(TransientError);
  });
});
