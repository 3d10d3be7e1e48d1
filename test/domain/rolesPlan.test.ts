import type { Assignment, ClusterFacts, PrincipalFacts } from "../../src/domain/facts.ts";
import { planRoles, pullsElsewhere, subscriptionsOf } from "../../src/domain/rolesPlan.ts";

const own = "/subscriptions/a0000000-0000-4000-8000-0000000000a1";
const hub = "/subscriptions/a0000000-0000-4000-8000-0000000000a2";
const vnet = `${hub}/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub`;
const old = "00000000-0000-4000-8000-000000000011";
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

test("roles are looked for in the subscriptions of all that the cluster names", () => {
  expect(subscriptionsOf(cluster)).toEqual([own, hub].map((id) => id.slice("/subscriptions/".length)));
});

describe("a role of the old service principal", () => {
  test.each([
    ["the node resource group", `${own}/resourceGroups/MC_rg-clusters_aks-prod_westeurope`],
    ["the node resource group in capitals", `${own}/RESOURCEGROUPS/mc_RG-CLUSTERS_AKS-PROD_WESTEUROPE`],
    [
      "a disk in the node resource group",
      `${own}/resourceGroups/MC_rg-clusters_aks-prod_westeurope/providers/Microsoft.Compute/disks/d`,
    ],
    ["the cluster's subscription", own],
    ["the cluster", cluster.id],
    [
      "a public address in the cluster's group",
      `${own}/resourceGroups/rg-clusters/providers/Microsoft.Network/publicIPAddresses/ip`,
    ],
    ["its subnet in a hub network of another subscription", `${vnet}/subnets/snet-aks`],
    ["the hub network", vnet],
    [
      "the route table beside the hub network",
      `${hub}/resourceGroups/rg-hub/providers/Microsoft.Network/routeTables/rt`,
    ],
    ["the hub's subscription", hub],
    ["the disk encryption set", `${hub}/resourceGroups/rg-keys/providers/Microsoft.Compute/diskEncryptionSets/des1`],
    ["the group of the disk encryption set", `${hub}/resourceGroups/rg-keys`],
    ["the private DNS zone", cluster.privateDnsZoneId ?? ""],
    [
      "a registry of its own tenant",
      `${hub}/resourceGroups/rg-shared/providers/Microsoft.ContainerRegistry/registries/home`,
    ],
  ])("at %s is copied, with the reason", (_where, scope) => {
    const { role, copies, lost } = planOf(scope);
    expect(role).toMatchObject({ copied: true, via: "direct", stops: false, scope });
    expect(role?.reason).not.toBe("");
    expect(lost).toEqual([]);
    expect(copies).toEqual([{ assignmentId: role?.assignmentId, scope, roleDefinitionId: network, condition: null }]);
  });

  test.each([
    ["another cluster's node resource group", `${own}/resourceGroups/MC_rg-clusters_aks-dev_westeurope`],
    [
      "another cluster in the same group",
      `${own}/resourceGroups/rg-clusters/providers/Microsoft.ContainerService/managedClusters/aks-dev`,
    ],
    ["another subnet of the same network", `${vnet}/subnets/snet-databases`],
    [
      "another network in the same group",
      `${hub}/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-other`,
    ],
  ])("at %s belongs to others: it is shown, not copied, and stops nothing", (_where, scope) => {
    const { role, copies, lost, left } = planOf(scope);
    expect(role).toMatchObject({ copied: false, stops: false });
    expect([copies, lost, left]).toEqual([[], [], 1]);
  });

  test.each([
    ["a vault that the cluster does not name", `${hub}/resourceGroups/rg-x/providers/Microsoft.KeyVault/vaults/v`],
    ["a subscription where the cluster has nothing", "/subscriptions/a0000000-0000-4000-8000-0000000000a9"],
  ])("at %s may be lost, and stops the run until somebody accepts it", (_where, scope) => {
    const { role, lost, copies } = planOf(scope);
    expect(role).toMatchObject({ copied: false, stops: true });
    expect([lost.length, copies]).toEqual([1, []]);
  });

  test("on a network is not judged where the cluster names no subnet: it stops the run", () => {
    expect(planOf(vnet, {}, { subnetIds: [] }).role).toMatchObject({ copied: false, stops: true });
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
    expect(planOf(vnet, { condition, conditionVersion: "1.0" }).role).toMatchObject({ copied: false, stops: true });
  });
});

describe("a role above the subscription", () => {
  const above = "/providers/Microsoft.Management/managementGroups/mg-platform";

  test("is given at the node resource group where nothing below covers it", () => {
    const { role, copies } = planOf(above);
    expect(role).toMatchObject({ via: "above", copied: true, scope: above });
    expect(copies.map(({ scope }) => scope)).toEqual([`${own}/resourceGroups/MC_rg-clusters_aks-prod_westeurope`]);
  });

  test("is left where the same role is copied below it", () => {
    const plan = planRoles(cluster, old, [assignment(above), assignment(own)]);
    expect(plan.roles.map(({ via, copied }) => [via, copied])).toEqual([
      ["above", false],
      ["direct", true],
    ]);
    expect(plan.copies.map(({ scope }) => scope)).toEqual([own]);
  });

  test("stops the run where the cluster does not name its node resource group", () => {
    expect(planOf(above, {}, { nodeResourceGroup: null }).role).toMatchObject({ copied: false, stops: true });
  });
});

test("a registry that the old principal could pull from is to be tried with the new one; one it could only see is not", () => {
  const registry = `${hub}/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/home`;
  expect(planOf(registry, { roleDefinitionId: acrPull }).homeRegistries).toEqual([registry]);
  expect(planOf(registry).homeRegistries).toEqual([]);
});

test("the same right twice, directly and through a group, is given once", () => {
  const twice = [
    assignment(vnet),
    assignment(vnet.toUpperCase(), { principalId: "00000000-0000-4000-8000-0000000000ff" }),
  ];
  expect(planRoles(cluster, old, twice).copies).toHaveLength(1);
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
});
