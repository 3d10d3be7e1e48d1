import { lifelikeTimings } from "../../../../local/cloud/kit/clock.ts";
import { arm, clusterId, cloudWithPuller, puller } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";
import { advance, follow, reset, shown, type NodeShown } from "./switches.ts";
import { struck, turn } from "../life/turning.ts";

let cloud: TestCloud;
const pools = [
  { name: "system", nodes: 1 },
  { name: "apps", mode: "User" as const, nodes: 3 },
  { name: "spot", mode: "User" as const, nodes: 1, priority: "Spot" as const },
  { name: "singles", mode: "System" as const, nodes: 1, type: "VirtualMachines" as const },
  { name: "asleep", mode: "System" as const, nodes: 1, powerState: "Stopped" as const },
];
beforeEach(async () => {
  const { reimagePerNodeInSeconds } = lifelikeTimings;
  cloud = await cloudWithPuller({ timings: { reimagePerNodeInSeconds } }, ({ clusters }) => ({
    clusters: clusters.map((one) => {
      const [like] = one.pools;
      return one.name === "aks-staging" && like ? { ...one, pools: pools.map((pool) => ({ ...like, ...pool })) } : one;
    }),
  }));
});
afterEach(() => cloud.close());

/** Looks at the nodes every ten seconds until the update is over. */
async function watched(): Promise<(readonly NodeShown[])[]> {
  const seen: (readonly NodeShown[])[] = [];
  for (let looks = 0; looks < 500; looks++) {
    const { nodes, provisioningState } = await shown(cloud);
    seen.push(nodes);
    if (provisioningState !== "Updating") return seen;
    await advance(cloud, 10);
  }
  throw new Error("the update does not end");
}

const names = (nodes: readonly NodeShown[]): string[] => nodes.map(({ name }) => name);

test("surge nodes come and go under names of their own, and the others are cordoned one after another", async () => {
  await turn(cloud, { surgingNodes: true });
  const before = await shown(cloud);
  expect((await reset(cloud)).status).toBe(202);
  const seen = await watched();
  const surge = seen.flat().filter((node) => node.surge);
  expect([...new Set(names(surge))]).toEqual(["aks-system-10000000-vmss000001", "aks-apps-10000001-vmss000003"]);
  expect(surge.every(({ clientId }) => clientId === puller.appId)).toBe(true);
  expect(surge.some(({ cordoned }) => cordoned)).toBe(true);
  const cordoned = seen.map((nodes) => nodes.filter((node) => node.cordoned && !node.surge));
  expect(Math.max(...cordoned.map(({ length }) => length))).toBe(1);
  expect([...new Set(cordoned.flat().map(({ pool }) => pool))]).toEqual(["system", "apps", "spot", "singles"]);

  const after = (await shown(cloud)).nodes;
  expect(after.filter(({ pool }) => pool === "apps").map(({ name }) => name)).toEqual(
    names(before.nodes.filter(({ pool }) => pool === "apps")),
  );
  expect(names(after.filter(({ pool }) => pool === "singles"))).toEqual(["aks-singles-10000003-vms1"]);
  const asleep = after.filter(({ pool }) => pool === "asleep");
  expect(asleep.map(({ runs, clientId }) => [runs, clientId === puller.appId])).toEqual([[false, false]]);
  expect(after.filter(({ runs }) => runs).every(({ clientId, cordoned: is }) => clientId === puller.appId && !is)).toBe(
    true,
  );
  expect(await struck(cloud, "surgingNodes")).toBe(1);
});

test("Resource Manager counts no surge node, and shows a newer image afterwards", async () => {
  await turn(cloud, { surgingNodes: true });
  const pool = async (): Promise<{ count: number; nodeImageVersion: string }> =>
    (await arm(cloud, "GET", `${clusterId("aks-staging")}/agentPools/apps?api-version=2025-10-01`)).body.properties;
  const { nodeImageVersion } = await pool();
  await reset(cloud);
  const counts = new Set<number>();
  for (let looks = 0; looks < 60; looks++) {
    counts.add((await pool()).count);
    await advance(cloud, 20);
  }
  expect([...counts]).toEqual([3]);
  expect((await pool()).nodeImageVersion).not.toBe(nodeImageVersion);
  expect((await pool()).nodeImageVersion).toMatch(/^AKSUbuntu-2204gen2containerd-\d{6}\.\d{2}\.0$/);
});

test("without the switch nodes are re-imaged in place under the names they had", async () => {
  const before = names((await shown(cloud)).nodes);
  await reset(cloud);
  const seen = await watched();
  expect(seen.every((nodes) => names(nodes).join() === before.join())).toBe(true);
  expect(seen.flat().some(({ cordoned, surge }) => cordoned || surge)).toBe(false);
  expect(await struck(cloud, "surgingNodes")).toBe(0);
});

test("a drain that does not end leaves its node cordoned, and the error names it", async () => {
  await turn(cloud, { surgingNodes: true });
  const id = clusterId("aks-staging");
  const planned = { clusterId: id, afterNodes: 2, failure: "PodDrainFailure" };
  expect((await cloud.control("POST", "/control/clusters/fail-next-update", planned)).status).toBe(204);
  const update = await reset(cloud);
  await watched();
  const node = (await shown(cloud)).nodes.find(({ cordoned }) => cordoned)?.name ?? "";
  expect(node).toBe("aks-apps-10000001-vmss000001");
  const { body } = await follow(cloud, update, "azure-asyncoperation");
  expect(body).toMatchObject({
    status: "Failed",
    error: { code: "PodDrainFailure", details: [{ code: "PodDrainFailure", target: node }] },
  });
  expect((await follow(cloud, update, "location")).status).toBe(400);
});

test("the autoscaler may add a node in the middle of an update, with the credential the cluster has then", async () => {
  await turn(cloud, { surgingNodes: true, autoscaledNodes: true });
  const before = (await shown(cloud)).nodes.length;
  const count = async (): Promise<number> =>
    (await shown(cloud)).nodes.filter(({ pool, surge }) => pool === "apps" && !surge).length;
  for (let updates = 0; updates < 60 && (await count()) === 3; updates++) {
    expect((await reset(cloud)).status).toBe(202);
    await advance(cloud, 3600);
  }
  expect(await count()).toBe(4);
  const { nodes } = await shown(cloud);
  expect(nodes.filter(({ runs }) => runs).every(({ clientId }) => clientId === puller.appId)).toBe(true);
  const { body } = await arm(cloud, "GET", `${clusterId("aks-staging")}/agentPools/apps?api-version=2025-10-01`);
  expect(body.properties).toMatchObject({ enableAutoScaling: true, count: 4, minCount: 3 });
  expect(await struck(cloud, "autoscaledNodes")).toBe(nodes.length - before);
});

test("without the switch no update adds a node", async () => {
  const before = (await shown(cloud)).nodes.length;
  for (let updates = 0; updates < 20; updates++) {
    await reset(cloud);
    await advance(cloud, 3600);
  }
  expect((await shown(cloud)).nodes).toHaveLength(before);
  expect(await struck(cloud, "autoscaledNodes")).toBe(0);
});
