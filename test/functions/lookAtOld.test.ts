import type { Assignment, ClusterFacts } from "../../src/domain/facts.ts";
import { lookAtOld } from "../../src/functions/lookAtOld.ts";
import { resourceRef } from "../../src/domain/ids.ts";
import { clusterId, identity, worldOf } from "../activities/world.ts";

const group = clusterId.slice(0, clusterId.indexOf("/providers"));
const cluster: ClusterFacts = {
  outcome: "found",
  id: clusterId,
  provisioningState: "Succeeded",
  powerState: "Running",
  clientId: "old-app",
  nodeResourceGroup: "MC_rg_aks",
  subnetIds: [],
  diskEncryptionSetIds: [],
  privateDnsZoneId: null,
  pools: [],
  otherIds: [],
};
const nodes = group.replace(/[^/]+$/, "MC_rg_aks");
const assignment = (id: string, scope: string): Assignment => ({
  id,
  scope,
  principalId: "sp-old",
  roleDefinitionId: `/roles/${id}`,
  condition: null,
  conditionVersion: null,
});

/** Looks at the cluster's present principal, and tells at which scopes our rights were asked for. */
async function look(
  facts: Partial<ClusterFacts> = {},
  principal: object = { outcome: "found", objectId: "sp-old" },
  asksAll = true,
) {
  const asked: string[] = [];
  const world = await worldOf(
    {},
    {
      directory: {
        findServicePrincipal: async () => principal as never,
        groupsOf: async () => ({ ids: [], unseen: null }),
      },
      roles: {
        assignmentsOf: async () => ({
          assignments: [assignment("a", nodes), assignment("b", nodes.toUpperCase()), assignment("c", clusterId)],
          seen: [],
          hidden: [],
        }),
        assignConditions: async (_tenant, places) => {
          asked.push(...places);
          return places.map((_place, index) => ({ outcome: "known", value: [`condition ${index}`] }));
        },
        denials: async (_tenant, places) =>
          places.map((place) => ({ outcome: "unknown", detail: `hidden at ${place}` })),
      },
    },
  );
  const tenant = { ...resourceRef(clusterId), tenantId: "tenant-a" };
  return {
    old: await lookAtOld(tenant, { ...cluster, ...facts }, { identity, ours: undefined, asksAll }, world),
    asked,
  };
}

test("deny assignments are asked for where all is, and by no call of their own otherwise", async () => {
  const { old } = await look({}, undefined, false);
  expect(old?.copyRights.map(({ denials }) => denials)).toEqual([null, null]);
});

test("our right to assign roles is asked for once at every place that a role is copied to", async () => {
  const { old, asked } = await look();
  expect(asked).toEqual([nodes, clusterId]);
  expect(old?.copyRights).toMatchObject([
    {
      scope: nodes,
      copies: [{ assignmentId: "a" }, { assignmentId: "b" }],
      conditions: { value: ["condition 0"] },
      denials: { detail: `hidden at ${nodes}` },
    },
    { scope: clusterId, copies: [{ assignmentId: "c" }], conditions: { value: ["condition 1"] } },
  ]);
});

test("a cluster that has a managed identity, or ours, leaves no principal behind", async () => {
  expect((await look({ clientId: "msi" })).old).toBeNull();
  expect((await look({ clientId: "OURS" })).old).toBeNull();
});

test("a principal that is not found has no roles that could be copied", async () => {
  const { old, asked } = await look({}, { outcome: "missing", code: "404", detail: "no" });
  expect([old?.principal.outcome, old?.roles.copies, asked]).toEqual(["missing", [], []]);
});
