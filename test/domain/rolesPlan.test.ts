import type { Assignment, ClusterFacts, PrincipalFacts } from "../../src/domain/facts.ts";
import { isTenantKnown, planRoles, pullsElsewhere, subscriptionsOf } from "../../src/domain/rolesPlan.ts";

const own = "/subscriptions/a0000000-0000-4000-8000-0000000000a1";
const hub = "/subscriptions/a0000000-0000-4000-8000-0000000000a2";
const vnet = `${hub}/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub`;
const old = "00000000-0000-4000-8000-0000000000aa";
const network = `${own}/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7`;
const acrPull = `${own}/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d`;

const cluster: ClusterFacts = {
  outcome: "found",
  id: `${own}/resourceGroups/rg-clusters/providers/Microsoft.ContainerService/managedClusters/aks-prod`,
  provisioningState: "Succeeded",
  powerState: "Running",
  clientId: "10000000-0000-4000-8000-00000000011d",
  nodeResourceGroup: "MC_rg-clusters_aks-prod_westeurope",
  subnetIds: [`${vnet}/subnets/snet-aks`],
  diskEncryptionSetIds: [`${hub}/resourceGroups/rg-keys/providers/Microsoft.Compute/diskEncryptionSets/des1`],
  privateDnsZoneId: `${hub}/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io`,
  pools: [],
  otherIds: [],
};

let made = 0;
const assignment = (scope: string, part: Partial<Assignment> = {}): Assignment => ({
  id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${++made}`,
  scope,
  principalId: old,
  roleDefinitionId: network,
  condition: null,
  conditionVersion: null,
  ...part,
});
const planOf = (scope: string, part: Partial<Assignment> = {}, facts: Partial<ClusterFacts> = {}) => {
  const plan = planRoles({ ...cluster, ...facts }, old, [assignment(scope, part)]);
  return { ...plan, role: plan.roles[0] };
};

const dns = "/subscriptions/a0000000-0000-4000-8000-0000000000a3";
test.each<[string, Partial<ClusterFacts>, readonly string[]]>([
  ["all that the cluster names", {}, [own, hub]],
  ["its private DNS zone", { privateDnsZoneId: `${dns}/resourceGroups/rg/providers/x/y/z` }, [own, hub, dns]],
  ["nothing more where it has no zone", { privateDnsZoneId: null }, [own, hub]],
  ["nothing more where AKS keeps the zone", { privateDnsZoneId: "system" }, [own, hub]],
  ["nothing that only looks like one", { privateDnsZoneId: `system${dns}` }, [own, hub]],
])("roles are looked for in the subscriptions of %s", (_what, facts, expected) => {
  expect(subscriptionsOf({ ...cluster, ...facts })).toEqual(expected.map((id) => id.slice("/subscriptions/".length)));
});

test("subscriptions that the cluster names and whose roles are hidden are in the plan as what would be lost", () => {
  const elsewhere = "c0000000-0000-4000-8000-0000000000a9";
  const hubId = hub.slice("/subscriptions/".length);
  const { roles, lost, copies } = planRoles(cluster, old, [], [hubId, elsewhere]);
  expect(roles).toEqual(lost);
  expect(lost).toEqual([
    {
      assignmentId: hub,
      scope: hub,
      roleDefinitionId: null,
      via: "direct",
      copied: false,
      reason: "the cluster names resources of this subscription, and our identity may not read roles there",
      stops: true,
    },
  ]);
  expect(copies).toEqual([]);
});

describe("a role of the old service principal", () => {
  const nodeGroup = `${own}/resourceGroups/MC_rg-clusters_aks-prod_westeurope`;
  const beside = "the resource group of the cluster's network, with its route tables and security groups";
  test.each([
    ["the node resource group", nodeGroup, "the node resource group"],
    ["the node resource group in capitals", nodeGroup.toUpperCase(), "the node resource group"],
    [
      "a disk in the node resource group",
      `${nodeGroup}/providers/Microsoft.Compute/disks/d`,
      "the node resource group",
    ],
    ["the cluster's subscription", own, "the node resource group"],
    ["the cluster's subscription, with a slash at its end", `${own}/`, "the node resource group"],
    ["the cluster", cluster.id, "the cluster"],
    ["the cluster's resource group", `${own}/resourceGroups/rg-clusters`, "the cluster"],
    [
      "a public address in the cluster's group",
      `${own}/resourceGroups/rg-clusters/providers/Microsoft.Network/publicIPAddresses/ip`,
      "the cluster's resource group",
    ],
    ["its subnet in a hub network of another subscription", `${vnet}/subnets/snet-aks`, "a subnet of the cluster"],
    ["the hub network", vnet, "a subnet of the cluster"],
    [
      "the route table beside the hub network",
      `${hub}/resourceGroups/rg-hub/providers/Microsoft.Network/routeTables/rt`,
      beside,
    ],
    ["the hub's subscription", hub, "a subnet of the cluster"],
    ["the disk encryption set", cluster.diskEncryptionSetIds[0] ?? "", "a disk encryption set of the cluster"],
    ["the group of the disk encryption set", `${hub}/resourceGroups/rg-keys`, "a disk encryption set of the cluster"],
    ["the private DNS zone", cluster.privateDnsZoneId ?? "", "the private DNS zone of the cluster"],
    [
      "a registry of its own tenant",
      `${hub}/resourceGroups/rg-shared/providers/Microsoft.ContainerRegistry/registries/home`,
      "a registry of the cluster's own tenant",
    ],
  ])("at %s is copied, with the reason", (_where, scope, reason) => {
    const { role, copies, lost } = planOf(scope);
    expect(role).toMatchObject({ copied: true, via: "direct", stops: false, scope, reason });
    expect(lost).toEqual([]);
    expect(copies).toEqual([{ assignmentId: role?.assignmentId, scope, roleDefinitionId: network, condition: null }]);
  });

  const egress = `${hub}/resourceGroups/rg-egress/providers/Microsoft.Network/publicIPAddresses/ip-out`;
  const gateway = `${vnet}-other/subnets/gateway`;
  test.each([
    ["an address of its load balancer", egress, "a resource that the cluster names"],
    [
      "the group of that address",
      `${hub}/resourcegroups/RG-EGRESS`,
      "the resource group of a resource that the cluster names",
    ],
    ["the subnet of its gateway, in another network", gateway, "a resource that the cluster names"],
  ])("at %s is copied: the cluster names it", (_where, scope, reason) => {
    const { role, copies } = planOf(scope, {}, { otherIds: [egress, gateway] });
    expect(role).toMatchObject({ copied: true, stops: false, reason });
    expect(copies).toHaveLength(1);
  });

  test("at the whole subscription of what the cluster only names is left to a person", () => {
    const elsewhere = "/subscriptions/a0000000-0000-4000-8000-0000000000a9";
    const workspace = `${elsewhere}/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/w`;
    expect(planOf(elsewhere, {}, { otherIds: [workspace] }).role).toMatchObject({ copied: false, stops: true });
  });

  const othersNodes = "the node resource group of another cluster that shares the principal";
  const othersNetwork = "a network or subnet that this cluster is not in";
  test.each([
    ["another cluster's node resource group", `${own}/resourceGroups/MC_rg-clusters_aks-dev_westeurope`, othersNodes],
    [
      "another cluster in the same group",
      `${own}/resourceGroups/rg-clusters/providers/Microsoft.ContainerService/managedClusters/aks-dev`,
      "another cluster",
    ],
    ["another subnet of the same network", `${vnet}/subnets/snet-databases`, othersNetwork],
    ["what belongs to the network itself", `${vnet}/virtualNetworkPeerings/spoke`, othersNetwork],
    [
      "another network in the same group",
      `${hub}/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-other`,
      othersNetwork,
    ],
  ])("at %s belongs to others: it is shown, not copied, and stops nothing", (_where, scope, reason) => {
    const { role, copies, lost, left } = planOf(scope);
    expect(role).toMatchObject({ copied: false, stops: false, reason });
    expect([copies, lost, left]).toEqual([[], [], 1]);
  });

  test.each([
    ["a vault that the cluster does not name", `${hub}/resourceGroups/rg-x/providers/Microsoft.KeyVault/vaults/v`],
    ["a subscription where the cluster has nothing", "/subscriptions/a0000000-0000-4000-8000-0000000000a9"],
    [
      "a webhook of a registry",
      `${hub}/resourceGroups/rg-x/providers/Microsoft.ContainerRegistry/registries/home/webhooks/w`,
    ],
  ])("at %s may be lost, and stops the run until somebody accepts it", (_where, scope) => {
    const { role, lost, copies } = planOf(scope);
    expect(role).toMatchObject({
      copied: false,
      stops: true,
      reason: "nothing that the cluster names is there: whether it lives on it is not known",
    });
    expect([lost.length, copies]).toEqual([1, []]);
  });

  test("at a cluster that does not name its node resource group is copied, and other groups of nodes are others'", () => {
    const nameless = { nodeResourceGroup: null };
    expect(planOf(cluster.id, {}, nameless).role).toMatchObject({ copied: true, reason: "the cluster" });
    expect(planOf(nodeGroup, {}, nameless).role).toMatchObject({ copied: false, reason: othersNodes });
  });

  test("on any of several networks of the cluster is copied", () => {
    const second = `${hub}/resourceGroups/rg-b/providers/Microsoft.Network/virtualNetworks/vnet-b`;
    const subnetIds = [...cluster.subnetIds, `${second}/subnets/snet-b`];
    expect(planOf(vnet, {}, { subnetIds }).role?.copied).toBe(true);
    expect(planOf(second, {}, { subnetIds }).role?.copied).toBe(true);
  });

  test("on a network is not judged where the cluster names no subnet: it stops the run", () => {
    expect(planOf(vnet, {}, { subnetIds: [] }).role).toMatchObject({ copied: false, stops: true });
  });

  test("is direct in any case of the principal's id", () => {
    expect(planOf(vnet, { principalId: old.toUpperCase() }).role).toMatchObject({ via: "direct", copied: true });
  });

  test("through a group is copied to the principal itself, and said to be so", () => {
    expect(planOf(vnet, { principalId: "00000000-0000-4000-8000-0000000000ff" }).role).toMatchObject({
      via: "group",
      copied: true,
    });
  });

  test("with a condition keeps it; one of an old version cannot be copied and stops the run", () => {
    const condition = "@Resource[x] StringEquals 'y'";
    expect(planOf(vnet, { condition, conditionVersion: "2.0" }).copies[0]?.condition).toBe(condition);
    expect(planOf(vnet, { condition, conditionVersion: "1.0" }).role).toMatchObject({
      copied: false,
      stops: true,
      reason: "a subnet of the cluster, but its condition has version 1.0, which cannot be copied",
    });
  });
});

describe("a role above the subscription", () => {
  const above = "/providers/Microsoft.Management/managementGroups/mg-platform";

  test.each([
    ["a management group", above],
    ["everything", "/"],
    ["a subscription as its management group names it", `${above}${own}`],
  ])("of %s is given at the node resource group where nothing below covers it", (_what, scope) => {
    const { role, copies } = planOf(scope);
    expect(role).toMatchObject({
      via: "above",
      copied: true,
      scope,
      reason: "above the subscription: given at the node resource group instead",
    });
    expect(copies.map(({ scope }) => scope)).toEqual([`${own}/resourceGroups/MC_rg-clusters_aks-prod_westeurope`]);
  });

  test("is left where the same role is copied below it", () => {
    const plan = planRoles(cluster, old, [assignment(above), assignment(own)]);
    expect(plan.roles.map(({ via, copied, reason }) => [via, copied, reason])).toEqual([
      ["above", false, "above the subscription, and the same role is copied below it"],
      ["direct", true, "the node resource group"],
    ]);
    expect(plan.copies.map(({ scope }) => scope)).toEqual([own]);
  });

  test.each([
    ["another role is copied below it", assignment(own, { roleDefinitionId: acrPull })],
    ["the same role below it is left to others", assignment(`${vnet}/subnets/snet-databases`)],
  ])("is given where only %s", (_what, below) => {
    expect(planRoles(cluster, old, [assignment(above), below]).roles[0]).toMatchObject({ via: "above", copied: true });
  });

  test("stops the run where the cluster does not name its node resource group", () => {
    expect(planOf(above, {}, { nodeResourceGroup: null }).role).toMatchObject({
      copied: false,
      stops: true,
      reason: "above the subscription, and the cluster names no node resource group",
    });
  });
});

test("a registry that the old principal could pull from is to be tried with the new one; one it could only see is not", () => {
  const registry = `${hub}/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/home`;
  const rights = [{ mode: "legacy", condition: null }];
  expect(planOf(registry, { roleDefinitionId: acrPull }).homeRegistries).toEqual([{ id: registry, rights }]);
  expect(planOf(registry).homeRegistries).toEqual([]);
});

test("a registry is not tried with the new principal where the role for it cannot be copied", () => {
  const registry = `${hub}/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/home`;
  const oldCondition = { condition: "@Resource[x] StringEquals 'y'", conditionVersion: "1.0" };
  const { role, homeRegistries } = planOf(registry, { roleDefinitionId: acrPull, ...oldCondition });
  expect(role).toMatchObject({ copied: false, stops: true });
  expect(homeRegistries).toEqual([]);
});

test("the same right twice, directly and through a group, is given once", () => {
  const twice = [
    assignment(vnet),
    assignment(vnet.toUpperCase(), { principalId: "00000000-0000-4000-8000-0000000000ff" }),
  ];
  expect(planRoles(cluster, old, twice).copies).toHaveLength(1);
});

test("rights that differ in place, role or condition are all given", () => {
  const subnet = `${vnet}/subnets/snet-aks`;
  const limited = { condition: "@Resource[x] StringEquals 'y'", conditionVersion: "2.0" };
  const all = [
    assignment(vnet),
    assignment(subnet),
    assignment(vnet, { roleDefinitionId: acrPull }),
    assignment(vnet, limited),
  ];
  expect(planRoles(cluster, old, all).copies.map(({ assignmentId }) => assignmentId)).toEqual(all.map(({ id }) => id));
});

describe("an old application", () => {
  const principal = (part: Partial<PrincipalFacts>): PrincipalFacts => ({
    outcome: "found",
    objectId: old,
    appId: cluster.clientId,
    enabled: true,
    ownerTenantId: "a0000000-0000-4000-8000-000000000001",
    audience: "AzureADMyOrg",
    ...part,
  });
  const tenant = "A0000000-0000-4000-8000-000000000001";

  test.each([
    ["of its own tenant alone cannot pull elsewhere", {}, undefined],
    ["whose audience is not told is not accused", { audience: null, ownerTenantId: null }, undefined],
    ["that is multitenant may", { audience: "AzureADMultipleOrgs" }, /multitenant/],
    ["of another tenant may", { ownerTenantId: "c0000000-0000-4000-8000-000000000001" }, /c0000000/],
  ] as const)("%s", (_what, part, words) => {
    const found = pullsElsewhere(principal(part), tenant);
    if (words === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(words);
  });

  test.each([
    ["for itself alone is known, whoever owns it", { ownerTenantId: null }, true],
    ["for others is known by its owner", { audience: "AzureADMultipleOrgs" }, true],
    ["for others without an owner is not known", { audience: "AzureADMultipleOrgs", ownerTenantId: null }, false],
    ["for nobody that is told is not known", { audience: null }, false],
  ] as const)("that is there %s", (_what, part, isKnown) => {
    expect(isTenantKnown(principal(part))).toBe(isKnown);
  });
});
