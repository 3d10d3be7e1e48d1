import { arm, clusterId, cloudWithPuller, grant, puller, roles, subscriptionA } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";
import { advance, reset, shown, type ClusterShown } from "./switches.ts";
import { struck, turn } from "../life/turning.ts";

const network = `${subscriptionA}/resourceGroups/rg-clusters/providers/Microsoft.Network`;
const own = {
  subnets: [`${network}/virtualNetworks/hub/subnets/nodes`, `${network}/virtualNetworks/hub/subnets/apps`],
  privateDnsZone: `${network}/privateDnsZones/privatelink.westeurope.azmk8s.io`,
  diskEncryptionSets: [
    `${subscriptionA}/resourceGroups/rg-clusters/providers/Microsoft.Compute/diskEncryptionSets/des-nodes`,
  ],
  routeTable: `${network}/routeTables/rt-nodes`,
};
const clusterGroup = `${subscriptionA}/resourceGroups/rg-clusters`;
const nodeGroup = `${subscriptionA}/resourceGroups/MC_rg-clusters_aks-prod_westeurope`;

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await cloudWithPuller({}, ({ clusters, registries, roleAssignments }) => {
    const [cluster, registry] = [clusters[0], registries[0]];
    if (!cluster || !registry) throw new Error("the estate has no cluster or registry");
    const home = {
      ...registry,
      name: "contosohome",
      subscriptionId: cluster.subscriptionId,
      resourceGroup: "rg-clusters",
    };
    const pulls = ["contosohome.azurecr.io/team/app:v1", "fabrikamprod.azurecr.io/team/app:v1"];
    return {
      clusters: clusters.map((one) => (one.name === "aks-prod" ? { ...one, ...own, pulls } : one)),
      registries: [...registries, home],
      roleAssignments: [
        ...roleAssignments,
        { scope: clusterGroup, principalId: "30000000-0000-4000-8000-00000000011f", role: "Contributor" },
      ],
    };
  });
});
afterEach(() => cloud.close());

const names = ["load balancer", "disks", "private DNS", "route table", "own registries"];
type State = ClusterShown["controllers"][number];
const all = async (): Promise<readonly State[]> => (await shown(cloud, "aks-prod")).controllers;
const failing = async (): Promise<string[]> => (await all()).filter(({ ok }) => !ok).map(({ name }) => name);

test("controllers fail where the cluster's new principal lacks their roles, and work again once it has them", async () => {
  await turn(cloud, { clusterControllers: true });
  const before = await all();
  expect(before.map(({ name, ok, error }) => [name, ok, error])).toEqual(names.map((name) => [name, true, null]));
  await reset(cloud, "aks-prod");
  await advance(cloud, 3600);
  expect(await failing()).toEqual(names);
  const [balancer, , , , images] = await all();
  expect(balancer?.error).toContain(puller.inTenantA);
  expect(balancer?.error).toContain("Microsoft.Network/loadBalancers/write");
  expect(images?.error).toContain("/team/app:v1");
  expect(Date.parse(balancer?.since ?? "")).toBeGreaterThan(Date.parse(before[0]?.since ?? ""));
  expect(await struck(cloud, "clusterControllers")).toBe(names.length);

  await grant(cloud, nodeGroup, puller.inTenantA, roles.contributor);
  expect((await all())[0]?.error).toContain(`subnets/join/action' over scope '${own.subnets[0]}'`);
  await grant(cloud, clusterGroup, puller.inTenantA, roles.contributor);
  expect(await failing()).toEqual([]);
  expect((await all()).map(({ error }) => error)).toEqual(names.map(() => null));
});

test("a controller that fails after an update shows since when, though nobody looked before", async () => {
  await turn(cloud, { clusterControllers: true });
  await all();
  await reset(cloud, "aks-prod");
  await advance(cloud, 24 * 3600);
  const { body } = await cloud.control<{ now: string }>("GET", "/control/clock");
  const [balancer] = await all();
  expect(balancer?.ok).toBe(false);
  expect(Date.parse(body.now) - Date.parse(balancer?.since ?? "")).toBeGreaterThan(20 * 3_600_000);
});

test("without the switch they work with or without roles", async () => {
  await reset(cloud, "aks-prod");
  await advance(cloud, 3600);
  expect(await failing()).toEqual([]);
  expect(await struck(cloud, "clusterControllers")).toBe(0);
});

test("a cluster shows the subnets, the DNS zone and the disk encryption set its controllers need", async () => {
  const { body } = await arm(cloud, "GET", `${clusterId("aks-prod")}?api-version=2026-06-01`);
  expect(body.properties).toMatchObject({
    apiServerAccessProfile: { enablePrivateCluster: true, privateDNSZone: own.privateDnsZone },
    diskEncryptionSetID: own.diskEncryptionSets[0],
    agentPoolProfiles: own.subnets.map((vnetSubnetID) => ({ vnetSubnetID })),
  });
});
