import { carryOverRoles, copyName } from "../../src/activities/carryOverRoles.ts";
import { confirmCluster } from "../../src/activities/confirmCluster.ts";
import { proveHomePull } from "../../src/activities/proveHomePull.ts";
import { readRolesPlan } from "../../src/activities/readRolesPlan.ts";
import type { Assigned, PullAnswer } from "../../src/azure/clients.ts";
import type { Assignment } from "../../src/domain/facts.ts";
import { Secret } from "../../src/domain/secret.ts";
import { cluster, clusterId, kept, registry, worldOf } from "./world.ts";

const words = { code: "X", detail: "said Azure" };

describe("the roles of the old service principal", () => {
  const scope = `/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/MC_rg_aks`;
  const facts = {
    outcome: "found",
    id: clusterId,
    clientId: "old",
    nodeResourceGroup: "MC_rg_aks",
    subnetIds: [],
    diskEncryptionSetIds: [],
    privateDnsZoneId: null,
    pools: [],
    provisioningState: "Succeeded",
    powerState: "Running",
  };
  const old = {
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
    given: { clientId?: string; old?: object; assignments?: readonly Assignment[]; accept?: object } = {},
  ) => {
    const world = await worldOf(
      {},
      {
        clusters: { get: async () => ({ ...facts, clientId: given.clientId ?? "old" }) as never },
        directory: {
          findServicePrincipal: async () => ({ ...old, ...given.old }) as never,
          groupsOf: async () => ({ outcome: "known", value: ["group"] }),
        },
        roles: {
          assignmentsOf: async (_tenant, principals) => ({
            assignments: principals.includes("group") ? (given.assignments ?? [direct]) : [],
            seen: [],
            incomplete: null,
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
    });
  });

  test("are of no interest where the cluster uses the pull identity already, or the old principal is gone", async () => {
    expect(await plan({ clientId: "OURS" })).toEqual({ outcome: "ours" });
    expect(await plan({ old: { outcome: "missing", ...words } })).toMatchObject({ outcome: "planned", copies: [] });
  });

  test("that would be lost stop the run, unless each is accepted by its id", async () => {
    const assignments = [direct, unclear];
    expect(await plan({ assignments })).toMatchObject({
      outcome: "refused",
      problem: { code: "CP-ROLES-LOST", detail: expect.stringContaining("/a/2") },
    });
    expect((await plan({ assignments, accept: { acceptLost: ["/A/2"] } })).outcome).toBe("planned");
    expect((await plan({ assignments, accept: { acceptLost: ["/a/1"] } })).outcome).toBe("refused");
  });

  test.each([{ audience: "AzureADMultipleOrgs" }, { ownerTenantId: "tenant-c" }])(
    "of an application that may pull elsewhere (%j) stop the run, unless it is accepted by its id",
    async (application) => {
      expect(await plan({ old: application })).toMatchObject({
        outcome: "refused",
        problem: { code: "CP-OLD-APPLICATION" },
      });
      expect((await plan({ old: application, accept: { acceptOldApplication: "OLD" } })).outcome).toBe("planned");
      expect((await plan({ old: application, accept: { acceptOldApplication: "another" } })).outcome).toBe("refused");
    },
  );

  test.each<[Assigned, object]>([
    [{ outcome: "assigned", id: "" }, { outcome: "copied" }],
    [
      { outcome: "principalNotFound", ...words },
      { outcome: "notYet", detail: "said Azure" },
    ],
    [
      { outcome: "forbidden", ...words },
      { outcome: "refused", problem: { code: "CP-ROLES-NOT-COPIED" } },
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
        name: copyName("sp-a", { scope, roleDefinitionId: "contributor" }),
        condition: { condition: "only red", conditionVersion: "2.0" },
      },
    ]);
  });
});

test("a copy that Azure refuses is left out where the caller accepted its loss by name, and the others are made", async () => {
  const made: string[] = [];
  const world = await worldOf(
    {},
    {
      roles: {
        assign: async (_tenant, { scope }) => {
          if (scope === "/locked") return { outcome: "denied", ...words };
          made.push(scope);
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
  expect(made).toEqual(["/open"]);
  expect(await carryOverRoles.run({ ...input, acceptLost: ["/a/1"] }, world)).toMatchObject({
    outcome: "refused",
    problem: { code: "CP-ROLES-NOT-COPIED", detail: expect.stringContaining("/a/0") },
  });
});

describe("a pull from a registry of the cluster's own tenant", () => {
  const pull = async (answer: PullAnswer, facts: object = { outcome: "found", loginServer: "home.azurecr.io" }) => {
    const world = await worldOf(
      {},
      {
        registries: { get: async () => facts as never },
        vault: { get: async () => ({ outcome: "read", value: new Secret("value") }) },
        pulls: { withPassword: async () => answer },
      },
    );
    return proveHomePull.run({ registry, appId: "ours", secret: kept("v1", "current") }, world);
  };
  const refused = { outcome: "refused", stage: "accessList", status: 401, detail: "no" } as const;

  test.each<[string, PullAnswer, object | undefined, string]>([
    ["works", { outcome: "pulled", digest: null, blobHost: null }, undefined, "proved"],
    ["may work later", { ...refused, curedBy: "time" }, undefined, "notYet"],
    ["is refused", { ...refused, curedBy: "person" }, undefined, "refused"],
    ["is refused to us by the network alone", { ...refused, stage: "network", curedBy: "person" }, undefined, "proved"],
    [
      "is of no use: the registry is gone",
      { ...refused, curedBy: "person" },
      { outcome: "missing", ...words },
      "proved",
    ],
  ])("that %s", async (_what, answer, facts, outcome) => {
    expect((await pull(answer, facts)).outcome).toBe(outcome);
  });
});

test("a cluster is confirmed when it reports our application, in any case, and has settled", async () => {
  const confirm = async (facts: object) => {
    const world = await worldOf({}, { clusters: { get: async () => facts as never } });
    return (await confirmCluster.run({ cluster, appId: "ours" }, world)).outcome;
  };
  expect(await confirm({ outcome: "found", clientId: "OURS", provisioningState: "Succeeded" })).toBe("confirmed");
  expect(await confirm({ outcome: "found", clientId: "ours", provisioningState: "Updating" })).toBe("notYet");
  expect(await confirm({ outcome: "found", clientId: "old", provisioningState: "Succeeded" })).toBe("notYet");
  expect(await confirm({ outcome: "missing", ...words })).toBe("notYet");
});
