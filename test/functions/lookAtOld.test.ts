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
};
const subscription = group.split("/").slice(0, 3).join("/");
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
  open: readonly string[] = [],
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
        permissionsAt: async (_tenant, scope) => {
          asked.push(scope);
          return { outcome: "known", value: open.includes(scope) ? [{ actions: ["*"], notActions: [] }] : [] };
        },
      },
    },
  );
  const tenant = { ...resourceRef(clusterId), tenantId: "tenant-a" };
  return { old: await lookAtOld(tenant, { ...cluster, ...facts }, identity, world), asked };
}

test("our right to assign roles is asked for once at every place that a role is copied to", async () => {
  const { old, asked } = await look();
  expect(asked).toEqual([subscription, nodes, clusterId]);
  expect(old?.copyPermissions).toMatchObject([
    { scope: nodes, assignmentIds: ["a", "b"] },
    { scope: clusterId, assignmentIds: ["c"] },
  ]);
});

test("where we may assign roles in the whole subscription, its single places are not asked for", async () => {
  const { old, asked } = await look({}, undefined, [subscription]);
  expect(asked).toEqual([subscription]);
  expect(old?.copyPermissions.map(({ scope, permissions }) => [scope, permissions])).toEqual(
    [nodes, clusterId].map((scope) => [scope, { outcome: "known", value: [{ actions: ["*"], notActions: [] }] }]),
  );
});

test("a cluster that has a managed identity, or ours, leaves no principal behind", async () => {
  expect((await look({ clientId: "msi" })).old).toBeNull();
  expect((await look({ clientId: "OURS" })).old).toBeNull();
});

test("a principal that is not found has no roles that could be copied", async () => {
  const { old, asked } = await look({}, { outcome: "missing", code: "404", detail: "no" });
  expect([old?.principal.outcome, old?.roles.copies, asked]).toEqual(["missing", [], []]);
});
