import type { Dump } from "../../local/simulate/judge/evidence.ts";
import { judge } from "../../local/simulate/judge/judge.ts";
import { standingRefusal } from "../../local/simulate/judge/standing.ts";
import { clusterId, evidence, names, registryId, role } from "./evidence.ts";

const asked = { cluster: clusterId, registry: registryId };
const given = evidence();
const refusalWith = (arm: Partial<Dump["arm"]>): string | undefined =>
  standingRefusal(asked, { ...given, dump: { ...given.dump, arm: { ...given.dump.arm, ...arm } } });
const nodeGroup = "/subscriptions/a/resourceGroups/MC_rg_aks_westeurope";
const definition = (guid: string): string => `/providers/Microsoft.Authorization/policyDefinitions/${guid}`;
const behind = (ipRules: readonly string[], change: object = {}): Partial<Dump["arm"]> => ({
  registries: given.dump.arm.registries.map((one) => ({
    ...one,
    network: { ...one.network, defaultAction: "Deny", ipRules, ...change },
  })),
});

const home = "/subscriptions/a/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/home";
/** The cluster may pull from its own company's registry, where the app may assign roles. */
function atHome(change: Partial<Dump["arm"]>): Partial<Dump["arm"]> {
  const roleAssignments = [
    ...given.dump.arm.roleAssignments,
    role("pull", "tenant-a", home, "AcrPull", "pull-in-a"),
    role("ours-home", "tenant-a", home, "Owner", "us-in-a"),
  ];
  return { roleAssignments, ...change };
}

test("in a world without obstacles nothing refuses a link", () => {
  expect(refusalWith({})).toBeUndefined();
});

test.each<[string, Partial<Dump["arm"]>]>([
  ["a ReadOnly lock on the cluster", { locks: [{ name: "freeze", scope: clusterId, level: "ReadOnly" }] }],
  ["a ReadOnly lock above the registry", { locks: [{ name: "freeze", scope: "/subscriptions/b", level: "ReadOnly" }] }],
  ["a deny assignment on the node resource group", { denyAssignments: [{ name: "lockdown", scope: nodeGroup }] }],
  [
    "a policy that refuses roles",
    { policyAssignments: [{ name: "no", scope: registryId, policyDefinitionId: definition("x") }] },
  ],
  ["a scope that is full", { fullScopes: [registryId.toUpperCase()] }],
  ["a region without the newest api-version", { oldVersionsOnly: [clusterId] }],
  ["a way out that does not reach blobs", { clustersWithoutBlobs: [clusterId] }],
  ["a firewall that knows neither side", behind(["192.0.2.10"])],
  ["a firewall that knows the app alone", behind(["203.0.113.0/24"])],
  ["a firewall that knows the nodes alone", behind(["198.51.100.7"])],
  [
    "a policy where the cluster has a role of its own",
    atHome({ policyAssignments: [{ name: "no", scope: home, policyDefinitionId: definition("x") }] }),
  ],
  [
    "a role of the cluster's where the app may not assign roles",
    atHome({
      roleAssignments: [...given.dump.arm.roleAssignments, role("pull", "tenant-a", home, "AcrPull", "pull-in-a")],
    }),
  ],
  ["a registry that is not public", behind([], { publicNetworkAccess: "Disabled" })],
])("%s refuses it", (_, arm) => {
  expect(refusalWith(arm)).toBeDefined();
});

test.each<[string, Partial<Dump["arm"]>]>([
  ["a lock against deletion", { locks: [{ name: "keep", scope: clusterId, level: "CanNotDelete" }] }],
  ["a lock on another resource", { locks: [{ name: "freeze", scope: `${clusterId}2`, level: "ReadOnly" }] }],
  [
    "a policy that rewrites",
    {
      policyAssignments: [
        { name: "off", scope: registryId, policyDefinitionId: definition("785596ed-054f-41bc-aaec-7f3d0ba05725") },
      ],
    },
  ],
  ["a firewall that knows both sides", behind(["203.0.113.50", "198.51.100.0/24"])],
  [
    "private endpoints for both sides",
    behind([], {
      publicNetworkAccess: "Disabled",
      privateEndpoints: [{ name: "pe", addresses: ["198.51.100.7", "203.0.113.50"] }],
    }),
  ],
  ["a role of the cluster's own that can be carried over", atHome({})],
])("%s does not", (_, arm) => {
  expect(refusalWith(arm)).toBeUndefined();
});

test("nodes that the network keeps out make no link false; nodes that a registry refuses do", () => {
  const refused = { pulled: false, node: "node-1", stage: "blob", status: 0, message: "no way" } as const;
  const promised = new Map([[names.link, refused]]);
  const world = evidence({ evidence: { promised } });
  const arm = { ...world.dump.arm, clustersWithoutBlobs: [clusterId] };
  expect(judge({ ...world, dump: { ...world.dump, arm } }).violations).toEqual([]);
  expect(judge(world).violations).toMatchObject([{ kind: "false-ready" }]);
});
