import { carryOverRoles, copyName } from "../../src/activities/carryOverRoles.ts";
import { confirmCluster } from "../../src/activities/confirmCluster.ts";
import { proveHomePull } from "../../src/activities/proveHomePull.ts";
import { readRolesPlan } from "../../src/activities/readRolesPlan.ts";
import { rolesOf } from "../../src/activities/rolesOf.ts";
import type { Assigned, Groups, PullAnswer, PullTarget } from "../../src/azure/clients.ts";
import type { Assignment, ClusterFacts, PrincipalFacts } from "../../src/domain/facts.ts";
import type { PullRight } from "../../src/domain/homeRegistries.ts";
import { assignmentName, repositoryCondition } from "../../src/domain/roles.ts";
import { Secret } from "../../src/domain/secret.ts";
import { cluster, clusterId, kept, registry, registryId, worldOf } from "./world.ts";

const words = { code: "X", detail: "said Azure" };

describe("the roles of the old service principal", () => {
  const scope = `/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/MC_rg_aks`;
  const facts: ClusterFacts = {
    outcome: "found",
    id: clusterId,
    clientId: "old",
    nodeResourceGroup: "MC_rg_aks",
    subnetIds: [],
    diskEncryptionSetIds: [],
    privateDnsZoneId: null,
    pools: [],
    otherIds: [],
    provisioningState: "Succeeded",
    powerState: "Running",
  };
  const old: PrincipalFacts = {
    outcome: "found",
    objectId: "sp-old",
    appId: "old",
    enabled: true,
    ownerTenantId: "tenant-a",
    audience: "AzureADMyOrg",
  };
  const direct: Assignment = {
    id: "/a/1",
    scope,
    principalId: "sp-old",
    roleDefinitionId: "/roles/contributor",
    condition: null,
    conditionVersion: null,
  };
  const unclear: Assignment = {
    ...direct,
    id: "/a/2",
    scope: "/subscriptions/99999999-9999-4999-8999-999999999999/resourceGroups/else",
  };
  const nobody = { acceptLost: [], acceptOldApplication: null };

  const plan = async (
    given: {
      cluster?: object;
      old?: object;
      assignments?: readonly Assignment[];
      accept?: object;
      groups?: object;
      hidden?: readonly string[];
    } = {},
  ) => {
    const world = await worldOf(
      {},
      {
        clusters: { get: async () => ({ ...facts, ...given.cluster }) },
        directory: {
          findServicePrincipal: async () => ({ ...old, ...given.old }),
          groupsOf: async () => ({ ids: ["group"], unseen: null, ...given.groups }),
        },
        roles: {
          assignmentsOf: async (_tenant, principals) => ({
            assignments: principals.includes("group") ? (given.assignments ?? [direct]) : [],
            seen: [],
            hidden: given.hidden ?? [],
          }),
        },
      },
    );
    return readRolesPlan.run({ cluster, appId: "ours", ...nobody, ...given.accept }, world);
  };

  test("are planned where they belong to this cluster", async () => {
    expect(await plan()).toEqual({
      outcome: "planned",
      from: "old",
      copies: [{ assignmentId: "/a/1", scope, roleDefinitionId: "/roles/contributor", condition: null }],
      homeRegistries: [],
      left: 0,
      unseen: null,
    });
  });

  test("are of no interest where the cluster uses the pull identity already", async () => {
    expect(await plan({ cluster: { clientId: "OURS" } })).toEqual({ outcome: "ours" });
  });

  test("cannot be planned where the cluster was moved to a managed identity since the plan", async () => {
    expect(await plan({ cluster: { clientId: "msi" } })).toMatchObject({
      outcome: "refused",
      problem: { code: "CP-CLUSTER-MANAGED-IDENTITY" },
    });
  });

  test("are none where the old principal is gone, which one look does not prove", async () => {
    expect(await plan({ old: { outcome: "missing", ...words } })).toEqual({
      outcome: "uncertain",
      detail: "the service principal of old is not found: said Azure",
      ifSo: { outcome: "planned", from: "old", copies: [], homeRegistries: [], left: 0, unseen: "old is gone" },
    });
  });

  test("cannot be planned where the cluster, or its principal, may not be read", async () => {
    expect(await plan({ cluster: { outcome: "forbidden", ...words } })).toMatchObject({
      outcome: "refused",
      problem: { code: "CP-CLUSTER-FORBIDDEN" },
    });
    expect(await plan({ old: { outcome: "forbidden", ...words } })).toMatchObject({
      outcome: "refused",
      problem: {
        code: "CP-DIRECTORY-FORBIDDEN",
        detail: "reading the service principal of old was refused with X: said Azure",
      },
    });
  });

  test("that the pull identity has already are told apart from those that are still to be copied", async () => {
    const limited = { condition: "only red", conditionVersion: "2.0" };
    const second = { ...direct, id: "/a/9", roleDefinitionId: "/roles/reader", ...limited };
    const ours = (part: Partial<Assignment>) => ({ ...direct, principalId: "SP-NEW", id: "/b", ...part });
    const copied = async (...standing: readonly Assignment[]) => {
      const asked: (readonly string[])[] = [];
      const world = await worldOf(
        {},
        {
          directory: { groupsOf: async () => ({ ids: [], unseen: null }) },
          roles: {
            assignmentsOf: async (_tenant, holders) => {
              asked.push(holders);
              return { assignments: [direct, second, ...standing], seen: [], hidden: [] };
            },
          },
        },
      );
      const read = await rolesOf("tenant-a", facts, old, world, "sp-new");
      expect([read.roles.copies.length, asked]).toEqual([2, [["sp-old", "sp-new"]]]);
      return read.copied;
    };
    expect(await copied()).toBe(0);
    expect(await copied(ours({ scope: scope.toUpperCase(), roleDefinitionId: "/x/roles/CONTRIBUTOR" }))).toBe(1);
    expect(await copied(ours({}), ours({ roleDefinitionId: "/roles/reader" }))).toBe(2);
    expect(await copied(ours({ roleDefinitionId: "/roles/reader", condition: "only  red" }))).toBe(1);
    expect(await copied(ours({ condition: "narrow" }), ours({ scope: clusterId }))).toBe(0);
    expect(await copied(ours({ roleDefinitionId: "/roles/another" }))).toBe(0);
  });

  describe("are read with what could not be seen of them", () => {
    const read = async (groups: Groups, hidden: readonly string[]) => {
      const asked: (readonly string[])[] = [];
      const world = await worldOf(
        {},
        {
          directory: { groupsOf: async () => groups },
          roles: {
            assignmentsOf: async (_tenant, holders) => {
              asked.push(holders);
              return { assignments: [direct], seen: [], hidden };
            },
          },
        },
      );
      const subnetIds = ["/subscriptions/abcd/resourceGroups/hub/providers/x/y/z"];
      return { ...(await rolesOf("tenant-a", { ...facts, subnetIds }, old, world)), asked };
    };
    const known = { ids: ["group"], unseen: null };
    const unknown = { ids: [], unseen: "no groups: 403" };
    const closed = "our identity may not read roles in subscription s9";

    test.each<[string, Groups, readonly string[], string | null, readonly string[]]>([
      ["nothing where all was seen", known, [], null, ["sp-old", "group"]],
      ["a subscription", known, ["s9"], closed, ["sp-old", "group"]],
      ["two subscriptions", known, ["s8", "s9"], closed.replace("s9", "s8, s9"), ["sp-old", "group"]],
      ["nothing more where the plan itself names the subscription", known, ["ABCD"], null, ["sp-old", "group"]],
      ["its groups", unknown, [], "no groups: 403", ["sp-old"]],
      ["both", unknown, ["s9"], `${closed}; no groups: 403`, ["sp-old"]],
    ])("%s", async (_what, groups, hidden, expected, holders) => {
      const found = await read(groups, hidden);
      expect([found.incomplete, found.asked]).toEqual([expected, [holders]]);
      expect(found.roles.copies).toMatchObject([{ assignmentId: "/a/1" }]);
    });
  });

  describe("at a registry of the cluster's own tenant let it pull", () => {
    const home = `${clusterId.slice(0, clusterId.indexOf("/providers"))}/providers/Microsoft.ContainerRegistry/registries/home`;
    const modes = async (role: object) => {
      const world = await worldOf(
        {},
        {
          directory: { groupsOf: async () => ({ ids: [], unseen: null }) },
          roles: {
            assignmentsOf: async () => ({
              assignments: [{ ...direct, scope: home, roleDefinitionId: `/roles/${acrPull}` }],
              seen: [],
              hidden: [],
            }),
            role: async () => role as never,
          },
        },
      );
      const { homeRegistries } = (await rolesOf("tenant-a", facts, old, world)).roles;
      return homeRegistries.flatMap(({ rights }) => rights.map(({ mode }) => mode));
    };
    const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
    const of = (permission: object) => ({
      outcome: "known",
      value: {
        name: "x",
        permissions: [{ actions: [], notActions: [], dataActions: [], notDataActions: [], ...permission }],
      },
    });

    test.each<[string, object, readonly string[]]>([
      ["by reading everything", of({ actions: ["*/read"] }), ["legacy"]],
      ["by pushing too", of({ actions: ["Microsoft.ContainerRegistry/registries/pull/read", "x"] }), ["legacy"]],
      ["by owning it", of({ actions: ["*"] }), ["legacy"]],
      ["by data actions", of({ dataActions: ["Microsoft.ContainerRegistry/registries/repositories/*"] }), ["abac"]],
      ["by both", of({ actions: ["*"], dataActions: ["*"] }), ["legacy", "abac"]],
      ["not where that is taken out", of({ actions: ["*"], notActions: ["*/pull/read"] }), []],
      ["not by seeing it alone", of({ actions: ["Microsoft.ContainerRegistry/registries/read"] }), []],
      ["by a role for pulling, though its definition is hidden", { outcome: "unknown", detail: "403" }, ["legacy"]],
    ])("%s", async (_how, role, expected) => {
      expect(await modes(role)).toEqual(expected);
    });
  });

  const hub = "22222222-2222-4222-8222-222222222222";
  const hubSubnet = `/subscriptions/${hub}/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/v/subnets/s`;

  test("that may not be read in a subscription of the cluster's network stop the run, unless that is accepted by its id", async () => {
    const given = { cluster: { subnetIds: [hubSubnet] }, hidden: [hub] };
    expect(await plan(given)).toMatchObject({
      outcome: "uncertain",
      ifSo: { outcome: "refused", problem: { code: "CP-ROLES-LOST", detail: expect.stringContaining(hub) } },
    });
    // One that is seen to be lost is reason enough, whatever a further look may show of the others.
    expect(await plan({ ...given, assignments: [unclear] })).toMatchObject({
      outcome: "refused",
      problem: { code: "CP-ROLES-LOST", detail: expect.stringMatching(new RegExp(`/a/2 .*/subscriptions/${hub} `)) },
    });
    const accept = { acceptLost: [`/SUBSCRIPTIONS/${hub}`] };
    expect(await plan({ ...given, accept })).toMatchObject({ outcome: "planned", left: 1 });
  });

  test("that cannot be seen where the cluster names nothing are told with the plan", async () => {
    const planned = await plan({ hidden: [hub], groups: { unseen: "its groups could not be read: no" } });
    expect(planned).toMatchObject({ outcome: "planned", copies: [{ scope }] });
    expect(planned).toHaveProperty("unseen", expect.stringMatching(new RegExp(`${hub}; its groups could not be read`)));
  });

  test("that would be lost stop the run, unless each is accepted by its id", async () => {
    const assignments = [direct, unclear];
    expect(await plan({ assignments })).toMatchObject({
      outcome: "refused",
      problem: { code: "CP-ROLES-LOST", detail: expect.stringMatching(/^not copied: \/a\/2 \([^)]+\)$/) },
    });
    const third = { ...unclear, id: "/a/3" };
    expect(await plan({ assignments: [unclear, third] })).toMatchObject({
      problem: { detail: expect.stringMatching(/\/a\/2 \([^)]+\), \/a\/3 \(/) },
    });
    expect((await plan({ assignments, accept: { acceptLost: ["/A/2"] } })).outcome).toBe("planned");
    expect((await plan({ assignments, accept: { acceptLost: ["/a/1"] } })).outcome).toBe("refused");
  });

  test.each([{ audience: "AzureADMultipleOrgs" }, { ownerTenantId: "tenant-c" }])(
    "of an application that may pull elsewhere (%j) stop the run, unless it is accepted by its id",
    async (application) => {
      expect(await plan({ old: application })).toMatchObject({
        outcome: "refused",
        problem: { code: "CP-OLD-APPLICATION", detail: expect.stringMatching(/^old .+/) },
      });
      expect((await plan({ old: application, accept: { acceptOldApplication: "OLD" } })).outcome).toBe("planned");
      expect((await plan({ old: application, accept: { acceptOldApplication: "another" } })).outcome).toBe("refused");
    },
  );

  const refusedCopy = `the copy of /a/1 (/roles/contributor at ${scope}) was refused`;
  test.each<[Assigned, object]>([
    [{ outcome: "assigned", id: "" }, { outcome: "copied" }],
    [
      { outcome: "principalNotFound", ...words },
      { outcome: "notYet", detail: "said Azure" },
    ],
    [
      { outcome: "forbidden", ...words },
      { outcome: "refused", problem: { code: "CP-ROLES-NOT-COPIED", detail: `${refusedCopy}: X: said Azure` } },
    ],
    [{ outcome: "otherCondition", assignment: { ...direct, id: "/a/8" } }, { outcome: "copied" }],
    // Without a condition it gives all that the copy would give.
    [{ outcome: "otherCondition", assignment: direct }, { outcome: "copied" }],
    [
      { outcome: "otherCondition", assignment: { ...direct, id: "/a/9", condition: "only blue" } },
      {
        outcome: "refused",
        problem: {
          code: "CP-ROLES-NOT-COPIED",
          detail: `${refusedCopy}: /a/9 stands in the way with another condition`,
        },
      },
    ],
  ])("are copied under derived names: %j", async (answer, expected) => {
    const asked: { name: string; condition?: object }[] = [];
    const world = await worldOf({}, { roles: { assign: async (_tenant, wanted) => (asked.push(wanted), answer) } });
    const copies = [{ assignmentId: "/a/1", scope, roleDefinitionId: "/roles/contributor", condition: "only red" }];
    expect(
      await carryOverRoles.run({ tenantId: "tenant-a", principalId: "sp-a", copies, acceptLost: [] }, world),
    ).toMatchObject(expected);
    expect(asked).toMatchObject([
      {
        name: assignmentName(scope, "sp-a", "contributor"),
        condition: { condition: "only red", conditionVersion: "2.0" },
      },
    ]);
  });
});

test("a copy that Azure refuses is left out where the caller accepted its loss by name, and the others are made", async () => {
  const made: object[] = [];
  const world = await worldOf(
    {},
    {
      roles: {
        assign: async (_tenant, wanted) => {
          if (wanted.scope === "/locked") return { outcome: "denied", ...words };
          made.push(wanted);
          return { outcome: "assigned", id: "" };
        },
      },
    },
  );
  const copies = ["/locked", "/open"].map((scope, index) => ({
    assignmentId: `/a/${index}`,
    scope,
    roleDefinitionId: "/roles/contributor",
    condition: null,
  }));
  const input = { tenantId: "tenant-a", principalId: "sp-a", copies };
  expect(await carryOverRoles.run({ ...input, acceptLost: ["/A/0"] }, world)).toEqual({ outcome: "copied" });
  // A role without a condition is given without one.
  const name = copyName("sp-a", { scope: "/open", roleDefinitionId: "/roles/contributor" });
  expect(made).toEqual([{ name, scope: "/open", roleId: "/roles/contributor", principalId: "sp-a" }]);
  expect(await carryOverRoles.run({ ...input, acceptLost: ["/a/1"] }, world)).toMatchObject({
    outcome: "refused",
    problem: { code: "CP-ROLES-NOT-COPIED", detail: expect.stringContaining("/a/0") },
  });
});

describe("a pull from a registry of the cluster's own tenant", () => {
  type Given = {
    readonly facts?: object;
    readonly vault?: object;
    readonly asked?: { readonly loginServer: string; readonly repository: string };
    readonly rights?: readonly PullRight[];
  };
  const everywhere: readonly PullRight[] = [{ mode: "legacy", condition: null }];
  const found = { outcome: "found", loginServer: "home.azurecr.io", roleMode: "legacy" };
  const pull = async (answer: PullAnswer | (() => PullAnswer), given: Given = {}) => {
    const { facts, vault, asked = null, rights = everywhere } = given;
    const targets: PullTarget[] = [];
    const world = await worldOf(
      {},
      {
        registries: { get: async () => (facts ?? found) as never },
        vault: { get: async () => (vault ?? { outcome: "read", value: new Secret("value") }) as never },
        pulls: {
          withPassword: async (target) => (targets.push(target), typeof answer === "function" ? answer() : answer),
        },
      },
    );
    const input = { registry, rights, asked, appId: "ours", secret: kept("v1", "current") };
    return { answer: await proveHomePull.run(input, world), targets };
  };
  const refused = { outcome: "refused", stage: "accessList", status: 401, detail: "no" } as const;

  const pulled = { outcome: "pulled", digest: null, blobHost: null } as const;

  test("asks for the right to pull alone, by a name that need not be there", async () => {
    const { answer, targets } = await pull(pulled);
    const asked = { loginServer: "home.azurecr.io", repository: "crosspull/probe" };
    expect(answer).toEqual({ outcome: "proved", asked });
    const target = { ...asked, reference: null, named: false };
    // Three times a look: each pull may come to another replica.
    expect(targets).toEqual([target, target, target]);
  });

  test("is no proof where one replica lets in and the next does not", async () => {
    const answers: PullAnswer[] = [pulled, { ...refused, curedBy: "time" }, pulled];
    const { answer, targets } = await pull(() => answers.shift() ?? pulled);
    expect([answer.outcome, targets.length]).toEqual(["notYet", 2]);
  });

  test("does not read the registry again that an earlier look read, unless it did not answer", async () => {
    const facts = { outcome: "missing", ...words };
    const asked = { loginServer: "known.azurecr.io", repository: "team/app" };
    const { answer, targets } = await pull(pulled, { facts, asked });
    expect([answer, targets[0]]).toMatchObject([{ outcome: "proved", asked }, asked]);
    const silent = await pull({ ...refused, stage: "network", curedBy: "time" }, { asked });
    expect(silent.answer).toMatchObject({ outcome: "notYet", asked: null });
  });

  test("is not tried where the registry's role mode honours no role of the old principal, which could not pull either", async () => {
    const { answer, targets } = await pull(refused as never, { facts: { ...found, roleMode: "abac" } });
    expect([answer, targets]).toEqual([{ outcome: "proved", asked: null }, []]);
  });

  test("asks for a repository that the condition of the role lets through", async () => {
    const condition = repositoryCondition(["base/images"])?.condition ?? null;
    const rights: readonly PullRight[] = [...everywhere, { mode: "abac", condition }];
    const { targets } = await pull(pulled, { facts: { ...found, roleMode: "abac" }, rights });
    expect(targets[0]).toMatchObject({ repository: "base/images" });
  });

  test.each<[string, PullAnswer, Given, object]>([
    [
      "may work later",
      { ...refused, curedBy: "time" },
      {},
      {
        outcome: "notYet",
        asked: { loginServer: "home.azurecr.io", repository: "crosspull/probe" },
        detail: "accessList: 401 no",
      },
    ],
    [
      "is refused",
      { ...refused, curedBy: "person" },
      {},
      {
        outcome: "refused",
        problem: { code: "CP-HOME-PULL-REFUSED", detail: `${registryId} answered 401: no` },
      },
    ],
    [
      "is refused to us by the network alone",
      { ...refused, stage: "network", curedBy: "person" },
      {},
      { outcome: "proved" },
    ],
    [
      "is of no use: the registry is gone",
      { ...refused, curedBy: "person" },
      { facts: { outcome: "missing", ...words } },
      { outcome: "proved" },
    ],
    [
      "cannot be tried: the registry may not be read",
      pulled,
      { facts: { outcome: "forbidden", ...words } },
      { outcome: "refused", problem: { code: "CP-REGISTRY-FORBIDDEN" } },
    ],
    [
      "cannot be tried: the secret is gone",
      pulled,
      { vault: { outcome: "gone", detail: "disabled" } },
      { outcome: "secretLost", detail: "disabled" },
    ],
    [
      "cannot be tried: the vault refuses",
      pulled,
      { vault: { outcome: "forbidden", ...words } },
      { outcome: "refused", problem: { code: "CP-VAULT-FORBIDDEN" } },
    ],
  ])("that %s", async (_what, answer, given, expected) => {
    expect((await pull(answer, given)).answer).toMatchObject(expected);
  });
});

test("a cluster is confirmed when it reports our application, in any case, and has settled", async () => {
  const confirm = async (facts: object) => {
    const world = await worldOf({}, { clusters: { get: async () => facts as never } });
    return confirmCluster.run({ cluster, appId: "ours" }, world);
  };
  const notYet = (detail: string) => ({ outcome: "notYet", detail });
  expect(await confirm({ outcome: "found", clientId: "OURS", provisioningState: "Succeeded" })).toEqual({
    outcome: "confirmed",
  });
  expect(await confirm({ outcome: "found", clientId: "ours", provisioningState: "Updating" })).toEqual(
    notYet("the cluster reports client id ours and is Updating"),
  );
  expect(await confirm({ outcome: "found", clientId: "ours", provisioningState: null })).toEqual(
    notYet("the cluster reports client id ours and is in an unknown state"),
  );
  expect(await confirm({ outcome: "found", clientId: "old", provisioningState: "Succeeded" })).toEqual(
    notYet("the cluster reports client id old and is Succeeded"),
  );
  expect(await confirm({ outcome: "missing", ...words })).toEqual(notYet("X: said Azure"));
});
