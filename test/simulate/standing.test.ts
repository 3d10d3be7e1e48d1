import type { Dump, TenantDump, VaultDump } from "../../local/simulate/judge/dump.ts";
import { judge } from "../../local/simulate/judge/judge.ts";
import { standingRefusal } from "../../local/simulate/judge/standing.ts";
import { clusterId, evidence, names, nodeGroup, registryId, role } from "./evidence.ts";

const asked = { cluster: clusterId, registry: registryId };
const given = evidence();
type Arm = Dump["arm"];

function refusalIn(change: Partial<Dump>): string | undefined {
  return standingRefusal(asked, { ...given, dump: { ...given.dump, ...change } });
}
const refusalWith = (arm: Partial<Arm>): string | undefined => refusalIn({ arm: { ...given.dump.arm, ...arm } });
const behind = (ipRules: readonly string[], change: object = {}): Partial<Arm> => ({
  registries: given.dump.arm.registries.map((one) => ({
    ...one,
    network: { ...one.network, defaultAction: "Deny", ipRules, ...change },
  })),
});

const home = "/subscriptions/a/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/home";
/** The cluster has a role somewhere in its own company, where the app may assign roles. */
function living(scope: string, change: Partial<Arm> = {}, principalId = "pull-in-a"): Partial<Arm> {
  const roleAssignments = [
    ...given.dump.arm.roleAssignments,
    role("own", "tenant-a", scope, "AcrPull", principalId),
    role("ours-home", "tenant-a", scope, "Owner", "us-in-a"),
  ];
  return { roleAssignments, ...change };
}
/** The app's own role at the registry holds under a condition that lists roles. */
function allowedOnly(guid: string): Partial<Arm> {
  const condition = `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${guid}}))`;
  return {
    roleAssignments: given.dump.arm.roleAssignments.map((one) =>
      one.id.endsWith("ours-registry") ? { ...one, condition } : one,
    ),
  };
}
const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const deny = (scope: string): Partial<Arm> => ({ policyAssignments: [{ name: "no", scope, effect: "deny" }] });
const aboveB = {
  managementGroups: [
    { id: "all", subscriptions: [] },
    { id: "shops", parent: "all", subscriptions: ["b"] },
  ],
} as const;
const groupScope = (id: string): string => `/providers/Microsoft.Management/managementGroups/${id}`;

test("in a world without obstacles nothing refuses a link", () => {
  expect(refusalWith({})).toBeUndefined();
});

test.each<[string, Partial<Arm>]>([
  ["a ReadOnly lock on the cluster", { locks: [{ name: "freeze", scope: clusterId, level: "ReadOnly" }] }],
  ["a ReadOnly lock above the registry", { locks: [{ name: "freeze", scope: "/subscriptions/b", level: "ReadOnly" }] }],
  [
    "a deny assignment on the node resource group, where the cluster has a role",
    living(nodeGroup, { denyAssignments: [{ name: "lockdown", scope: nodeGroup }] }),
  ],
  ["a policy that refuses roles", deny(registryId)],
  ["a policy on a management group above the registry", { ...deny(groupScope("all")), ...aboveB }],
  ["a scope that is full", { fullScopes: [registryId.toUpperCase()] }],
  ["a region without the newest api-version", { oldVersionsOnly: [clusterId] }],
  ["a way out that does not reach blobs", { clustersWithoutBlobs: [clusterId] }],
  ["a firewall that knows neither side", behind(["192.0.2.10"])],
  ["a firewall that knows the app alone", behind(["203.0.113.0/24"])],
  ["a condition that does not list the role that lets pull", allowedOnly("b93aa761-3e63-49ed-ac28-beffa264f7ac")],
  ["a policy where the cluster has a role of its own", living(home, deny(home))],
  [
    "a role of the cluster's where the app may not assign roles",
    {
      roleAssignments: [...given.dump.arm.roleAssignments, role("pull", "tenant-a", home, "AcrPull", "pull-in-a")],
    },
  ],
  ["a registry that is not public", behind([], { publicNetworkAccess: "Disabled" })],
])("%s refuses it", (_, arm) => {
  expect(refusalWith(arm)).toBeDefined();
});

test.each<[string, Partial<Arm>]>([
  ["a lock against deletion", { locks: [{ name: "keep", scope: clusterId, level: "CanNotDelete" }] }],
  ["a lock on another resource", { locks: [{ name: "freeze", scope: `${clusterId}2`, level: "ReadOnly" }] }],
  ["a policy that rewrites", { policyAssignments: [{ name: "off", scope: registryId, effect: "modify" }] }],
  ["a policy that watches", { policyAssignments: [{ name: "see", scope: "/subscriptions/a", effect: "audit" }] }],
  [
    "a deny assignment on a node resource group in which the cluster has no role",
    { denyAssignments: [{ name: "lockdown", scope: nodeGroup }] },
  ],
  ["a firewall that knows both sides", behind(["203.0.113.50", "198.51.100.0/24"])],
  ["a firewall that knows the nodes alone", behind(["198.51.100.7"])],
  [
    "a private endpoint for the nodes",
    behind([], {
      publicNetworkAccess: "Disabled",
      privateEndpoints: [{ name: "pe", addresses: ["198.51.100.7"] }],
    }),
  ],
  ["a condition that lists the role that lets pull", allowedOnly(`another, ${acrPull}`)],
  ["a role of the cluster's own that can be carried over", living(home)],
  [
    "a home registry whose firewall does not know the app",
    living(home, {
      registries: [...given.dump.arm.registries, ...(behind([]).registries ?? [])].map((one, index) =>
        index === 0 ? one : { ...one, id: home },
      ),
    }),
  ],
  [
    "a right of the app's that comes from a management group",
    {
      ...aboveB,
      roleAssignments: given.dump.arm.roleAssignments.map((one) =>
        one.id.endsWith("ours-registry") ? { ...one, scope: groupScope("all") } : one,
      ),
    },
  ],
])("%s does not", (_, arm) => {
  expect(refusalWith(arm)).toBeUndefined();
});

function inHome(change: Partial<TenantDump>): Partial<Dump> {
  const [first, ...others] = given.dump.entra.tenants;
  return { entra: { tenants: first ? [{ ...first, ...change }, ...others] : others } };
}
const forbidding = (
  applicationRestrictions: TenantDump["appManagementPolicy"]["applicationRestrictions"],
): Partial<Dump> => inHome({ appManagementPolicy: { isEnabled: true, applicationRestrictions } });
const vault = (change: Partial<VaultDump>): Partial<Dump> => ({ vault: { ...given.dump.vault, ...change } });
const policyFor = (...secrets: string[]): Partial<Dump> =>
  vault({ byRoles: false, accessPolicies: [{ objectId: "us-in-a", permissions: { secrets } }] });

test.each<[string, Partial<Dump>]>([
  ["a quota that is used up", inHome({ quotas: [{ principalId: "us-in-a", made: 249, most: 250 }] })],
  ["a policy that forbids passwords", forbidding({ passwordCredentials: [{ restrictionType: "passwordAddition" }] })],
  [
    "a policy that forbids applications for others",
    forbidding({ audiences: { azureAdMultipleOrgs: { state: "enabled" } } }),
  ],
  [
    "a tenant where the app may not make applications",
    inHome({
      servicePrincipals: (given.dump.entra.tenants[0]?.servicePrincipals ?? []).map((one) => ({
        ...one,
        appRoles: [],
      })),
    }),
  ],
  ["a vault's firewall", vault({ networkAcls: { defaultAction: "Deny", ipRules: [{ value: "192.0.2.0/24" }] } })],
  ["a vault that is not public", vault({ publicNetworkAccess: "Disabled" })],
  ["a vault that goes by access policies without the app", vault({ byRoles: false })],
  ["an access policy that lets the app read alone", policyFor("get", "list")],
  ["a policy that denies secrets of such a life", vault({ policies: { maximumValidityInDays: 90 } })],
])("%s refuses it, too", (_, change) => {
  const other = evidence({ link: { pullIdentity: null } });
  const [one] = other.asked;
  expect(one && standingRefusal(one, { ...given, dump: { ...given.dump, ...change } })).toBeDefined();
});

test.each<[string, Partial<Dump>]>([
  [
    "a quota with room for an application and its principal",
    inHome({ quotas: [{ principalId: "us-in-a", made: 248, most: 250 }] }),
  ],
  ["a quota of somebody else", inHome({ quotas: [{ principalId: "other", made: 250, most: 250 }] })],
  ["a cap on the life of passwords", forbidding({ passwordCredentials: [{ restrictionType: "passwordLifetime" }] })],
  [
    "a policy that is switched off",
    forbidding({ passwordCredentials: [{ restrictionType: "passwordAddition", state: "disabled" }] }),
  ],
  [
    "a vault's firewall that knows the app",
    vault({ networkAcls: { defaultAction: "Deny", ipRules: [{ value: "203.0.113.50/32" }] } }),
  ],
  ["an access policy for the app", policyFor("Get", "List", "Set")],
  ["a policy that such secrets obey", vault({ policies: { maximumValidityInDays: 180, minimumDaysBeforeExpiry: 30 } })],
])("%s does not, either", (_, change) => {
  expect(refusalIn(change)).toBeUndefined();
});

test("a quota that is used up does not stop a link whose application is there", () => {
  const change = inHome({ quotas: [{ principalId: "us-in-a", made: 250, most: 250 }] });
  const [one] = given.asked;
  expect(one && standingRefusal(one, { ...given, dump: { ...given.dump, ...change } })).toBeUndefined();
});

test("a role that the cluster has through a group must be carried over, too", () => {
  const change = inHome({ groups: [{ id: "pullers", members: ["pull-in-a"] }] });
  const arm = { ...given.dump.arm, ...living(home, deny(home), "pullers") };
  expect(refusalIn({ ...change, arm })).toMatch(/the policy no/);
  expect(refusalWith(living(home, deny(home), "pullers"))).toBeUndefined();
});

test("a role that belongs to another cluster with the same principal need not be carried over", () => {
  const [cluster] = given.dump.arm.clusters;
  if (!cluster) throw new Error("no cluster");
  const other = `${nodeGroup}2`;
  const clusters = [cluster, { ...cluster, id: `${clusterId}2`, nodeResourceGroup: other }];
  expect(
    refusalWith(living(other, { clusters, denyAssignments: [{ name: "lockdown", scope: other }] })),
  ).toBeUndefined();
});

test("nodes that the network keeps out make no link false; nodes that a registry refuses do", () => {
  const refused = { pulled: false, node: "node-1", stage: "blob", status: 0, message: "no way" } as const;
  const promised = new Map([[names.link, refused]]);
  const world = evidence({ evidence: { promised } });
  const arm = { ...world.dump.arm, clustersWithoutBlobs: [clusterId] };
  expect(judge({ ...world, dump: { ...world.dump, arm } }).violations).toEqual([]);
  expect(judge(world).violations).toMatchObject([{ kind: "false-ready" }]);
});
