import { connectRoles } from "../../src/azure/roles.ts";
import { anyCredentials, refusal, standIn, tokenWith, type Answer, type StandIn } from "./standIn.ts";

const tenantId = "a0000000-0000-4000-8000-000000000001";
const us = "30000000-0000-4000-8000-000000000103";
const subscription = "/subscriptions/a0000000-0000-4000-8000-0000000000a1";
const nodes = `${subscription}/resourceGroups/MC_one`;
const subnet = `${subscription}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/s`;
const rbacAdministrator = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
const reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const write = "Microsoft.Authorization/roleAssignments/write";

let arm: StandIn;
beforeAll(async () => {
  arm = await standIn();
});
afterAll(() => arm.close());

const credential = { getToken: async () => ({ token: tokenWith({ oid: us }), expiresOnTimestamp: Date.now() + 9e6 }) };
const roles = () => connectRoles(arm.cloud, { ...anyCredentials(), credentialFor: async () => credential });
const listOf = (...value: readonly object[]): Answer => ({ status: 200, body: { value } });
const asked = (): readonly string[] => arm.asked.map(({ path }) => decodeURIComponent(path.replace(/\?.*/, "")));

type Ours = { readonly role: string; readonly scope?: string; readonly condition?: string };
const row = ({ role, scope = subscription, condition }: Ours): object => ({
  id: `${scope}/assignments/${role}`,
  properties: { scope, roleDefinitionId: `${subscription}/roleDefinitions/${role}`, principalId: us, condition },
});

describe("how we may assign roles", () => {
  /** ARM, where we hold these roles, those that are custom let assign, and our permissions are these. */
  const holding = (ours: readonly Ours[], permissions: readonly string[] = []): void =>
    arm.answer(({ path }) => {
      if (path.includes("/roleAssignments")) return listOf(...ours.map(row));
      if (path.includes("/permissions")) return listOf({ actions: permissions, notActions: [] });
      if (path.includes("/hidden")) return refusal(403, "AuthorizationFailed");
      return { status: 200, body: { properties: { roleName: "x", permissions: [{ actions: [write] }] } } };
    });

  test.each<[string, readonly Ours[], object, number]>([
    ["by a built-in role for the subscription, in one call", [{ role: rbacAdministrator }], { value: [null] }, 1],
    [
      "by one from a management group",
      [{ role: rbacAdministrator, scope: "/providers/m/groups/g" }],
      { value: [null] },
      1,
    ],
    ["by one with a condition", [{ role: rbacAdministrator, condition: "c" }, { role: reader }], { value: ["c"] }, 1],
    [
      "by one with a condition and a role of the customer's",
      [{ role: rbacAdministrator, condition: "c" }, { role: "custom" }],
      { value: ["c", null] },
      2,
    ],
    ["not by a role elsewhere", [{ role: rbacAdministrator, scope: `${nodes}-other` }], { value: [] }, 2],
    ["not by reading", [{ role: reader }], { value: [] }, 2],
    ["perhaps, where a role of ours cannot be read", [{ role: "hidden" }], { outcome: "unknown" }, 2],
  ])("%s", async (_how, ours, expected, calls) => {
    holding(ours);
    expect(await roles().assignConditions(tenantId, [nodes])).toMatchObject([expected]);
    expect(arm.asked).toHaveLength(calls);
  });

  test("is asked with our own id, and with the groups we are in", async () => {
    holding([]);
    await roles().assignConditions(tenantId, [nodes]);
    expect(new URL(arm.asked[0]?.path ?? "", arm.url).searchParams.get("$filter")).toBe(`assignedTo('${us}')`);
  });

  test("is unknown where our permissions come from a role that is not shown", async () => {
    holding([], ["*"]);
    expect(await roles().assignConditions(tenantId, [nodes])).toMatchObject([
      { outcome: "unknown", detail: expect.stringContaining("not shown") },
    ]);
  });

  test("is asked of the subscription for several places, and of each where the subscription does not tell", async () => {
    holding([
      { role: rbacAdministrator, scope: nodes, condition: "c" },
      { role: rbacAdministrator, scope: subnet },
    ]);
    const both = [{ value: ["c"] }, { value: [null] }];
    expect(await roles().assignConditions(tenantId, [nodes.toUpperCase(), subnet])).toMatchObject(both);
    expect(asked()).toHaveLength(1);
    arm.answer(({ path }) =>
      path.startsWith(`${subscription}/providers`)
        ? refusal(403, "AuthorizationFailed")
        : listOf(row({ role: rbacAdministrator })),
    );
    expect(await roles().assignConditions(tenantId, [nodes, subnet])).toMatchObject([
      { value: [null] },
      { value: [null] },
    ]);
    expect(asked()).toHaveLength(3);
  });

  test("is unknown where we may not even ask, and where our token names nobody", async () => {
    arm.answer(() => refusal(403, "AuthorizationFailed"));
    const unknown = [{ outcome: "unknown" }];
    expect(await roles().assignConditions(tenantId, [nodes])).toMatchObject(unknown);
    expect(await connectRoles(arm.cloud, anyCredentials()).assignConditions(tenantId, [nodes])).toMatchObject(unknown);
  });
});

describe("what forbids us to assign roles", () => {
  const everyone = { id: "00000000-0000-0000-0000-000000000000", type: "SystemDefined" };
  const group = { id: "40000000-0000-4000-8000-000000000001", type: "Group" };
  const denial = (part: object = {}): object => ({
    id: "/deny/1",
    properties: { scope: nodes, permissions: [{ actions: ["*"], notActions: [] }], principals: [everyone], ...part },
  });
  const certain = { id: "/deny/1", scope: nodes, onlyHere: false, isCertain: true };

  test.each<[string, object, readonly object[]]>([
    ["everyone is denied", {}, [certain]],
    ["we are denied by name", { principals: [{ id: us.toUpperCase(), type: "ServicePrincipal" }] }, [certain]],
    ["we are left out", { excludePrincipals: [{ id: us, type: "ServicePrincipal" }] }, []],
    ["others are denied", { principals: [{ id: tenantId, type: "User" }] }, []],
    ["a group is denied", { principals: [group] }, [{ ...certain, isCertain: false }]],
    ["a group is left out", { excludePrincipals: [group] }, [{ ...certain, isCertain: false }]],
    ["it has a condition", { condition: "c" }, [{ ...certain, isCertain: false }]],
    [
      "its permission has one",
      { permissions: [{ actions: ["*"], condition: "c" }] },
      [{ ...certain, isCertain: false }],
    ],
    ["roles are left out", { permissions: [{ actions: ["*"], notActions: ["Microsoft.Authorization/*"] }] }, []],
    ["it is of deleting only", { permissions: [{ actions: ["*/delete"] }] }, []],
    ["it is of another place", { scope: `${nodes}-other` }, []],
    ["it is of a place above alone", { scope: subscription, doNotApplyToChildScopes: true }, []],
    ["it is of this place alone", { doNotApplyToChildScopes: true }, [{ ...certain, onlyHere: true }]],
  ])("where %s", async (_what, part, expected) => {
    arm.answer(() => listOf(denial(part)));
    expect(await roles().denials(tenantId, [nodes])).toEqual([{ outcome: "known", value: expected }]);
    expect(arm.asked[0]?.path).toContain("atScope");
  });

  test("is asked once for all places, each of which gets its own", async () => {
    arm.answer(() => listOf(denial()));
    expect(await roles().denials(tenantId, [nodes, subnet])).toEqual([
      { outcome: "known", value: [certain] },
      { outcome: "known", value: [] },
    ]);
    expect(asked()).toEqual([`${subscription}/providers/Microsoft.Authorization/denyAssignments`]);
  });

  test("is asked of each place where the subscription does not tell, and unknown where none does", async () => {
    arm.answer(({ path }) => (path.startsWith(nodes) ? listOf() : refusal(403, "AuthorizationFailed")));
    expect(await roles().denials(tenantId, [nodes, subnet])).toEqual([
      { outcome: "known", value: [] },
      { outcome: "unknown", detail: "AuthorizationFailed: No." },
    ]);
  });
});
