import { loadEstate, resourceId } from "../../../../local/cloud/estates/estate.ts";
import { idMaker } from "../../../../local/cloud/kit/ids.ts";
import type { LifeState, LifeSwitch } from "../../../../local/cloud/kit/life.ts";
import { lifeOver } from "../../../../local/cloud/life/life.ts";
import { allSwitches } from "../../../../local/cloud/life/switches.ts";
import { testCloud, type TestCloud } from "../kit/cloud.ts";

describe("over HTTP", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await testCloud();
  });
  afterEach(() => cloud.close());

  const list = async (): Promise<readonly LifeState[]> =>
    (await cloud.control<readonly LifeState[]>("GET", "/control/life")).body;
  const isOn = async (name: string): Promise<boolean | undefined> =>
    (await list()).find((one) => one.name === name)?.on;

  test("every switch is listed, off, with what Azure does and where that is known from", async () => {
    const all = await list();
    expect(all.map(({ name }) => name)).toEqual(allSwitches.map(({ name }) => name));
    for (const one of all) {
      expect(one).toEqual({
        name: expect.stringMatching(/^[a-z][A-Za-z0-9]+$/),
        title: expect.stringMatching(/^[A-Z].*\.$/),
        on: false,
        struck: 0,
        source: expect.stringMatching(/^(seen|doc|likely)$/),
        row: expect.stringMatching(/^2\.[1-6] /),
      });
    }
  });

  test("a switch is turned while the cloud runs; with an unknown name among them nothing changes", async () => {
    expect((await cloud.control("PUT", "/control/life", { throttling: true })).status).toBe(200);
    expect(await isOn("throttling")).toBe(true);
    const refused = await cloud.control("PUT", "/control/life", { throttling: false, unheardOf: true });
    expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining("unheardOf") } });
    expect(await isOn("throttling")).toBe(true);
    expect((await cloud.control("PUT", "/control/life", { throttling: "perhaps" })).status).toBe(400);
  });

  test("a reset keeps the switches", async () => {
    await cloud.control("PUT", "/control/life", { throttling: true });
    await cloud.control("POST", "/control/reset");
    expect(await isOn("throttling")).toBe(true);
  });

  test("the settings of replicas and of limits are switches too", async () => {
    await cloud.control("PUT", "/control/consistency", { enabled: true });
    expect(await isOn("newObjectsLag")).toBe(true);
    await cloud.control("PUT", "/control/life", { limits: true });
    const { body } = await cloud.control<{ limits: object; consistency: object }>("GET", "/control/state");
    expect([body.limits, body.consistency]).toMatchObject([{ enabled: true }, { enabled: true }]);
  });
});

test.each([
  [{}, true],
  [{ switches: "all" }, true],
  [{ switches: "none" }, false],
  [{ switches: ["newObjectsLag"] }, true],
  [{ switches: ["limits"] }, false],
] as const)("a start with life %j", async (life, lags) => {
  const cloud = await testCloud({ life });
  const { body } = await cloud.control<readonly LifeState[]>("GET", "/control/life");
  expect(body.find(({ name }) => name === "newObjectsLag")?.on).toBe(lags);
  await cloud.close();
});

describe("what falls on some", () => {
  const some: LifeSwitch = { name: "some", title: "Some.", source: "doc", row: "2.3 Locks", where: "some" };
  const estate = loadEstate(undefined, { clusters: 2000 });
  const ids = estate.clusters.map((one) => resourceId("Microsoft.ContainerService/managedClusters", one));
  const life = (seed: number): ReturnType<typeof lifeOver> => {
    const made = lifeOver({ switches: [some], seed, estate });
    made.configure({ some: true });
    return made;
  };

  test("is one in five of what the estate names, by seed", () => {
    const [first, second] = [life(1), life(2)];
    const struck = ids.filter((id) => first.struckBy("some", id));
    expect(struck.length / ids.length).toBeCloseTo(0.2, 1);
    expect(ids.filter((id) => first.struckBy("some", id.toUpperCase()))).toEqual(struck);
    expect(ids.filter((id) => second.struckBy("some", id))).not.toEqual(struck);
  });

  test("is never the first cluster or registry, nor what is above them, nor what was made later", () => {
    const [cluster, registry] = [estate.clusters[0], estate.registries[0]];
    if (!cluster || !registry) throw new Error("no first cluster or registry");
    const spared = [
      resourceId("Microsoft.ContainerService/managedClusters", cluster),
      resourceId("Microsoft.ContainerRegistry/registries", registry),
      `/subscriptions/${cluster.subscriptionId}/resourceGroups/${cluster.resourceGroup}`,
      `/subscriptions/${registry.subscriptionId}`,
      resourceId("Microsoft.ContainerRegistry/registries", { ...registry, name: "madelater" }),
    ];
    const lives = Array.from({ length: 100 }, (_, seed) => life(seed));
    expect(spared.filter((id) => lives.some((one) => one.struckBy("some", id)))).toEqual([]);
  });

  test("is nothing while the switch is off", () => {
    const off = lifeOver({ switches: [some], seed: 1, estate });
    expect(ids.filter((id) => off.struckBy("some", id))).toEqual([]);
  });
});

test("chance follows from seed, switch and key alone, and is spread evenly", () => {
  const life = (seed: number): ReturnType<typeof lifeOver> => lifeOver({ switches: [], seed, estate: loadEstate() });
  const first = life(1);
  const drawn = Array.from({ length: 1000 }, (_, index) => first.chance("any", `key ${index}`));
  expect(life(1).chance("any", "key 7")).toBe(drawn[7]);
  expect(life(2).chance("any", "key 7")).not.toBe(drawn[7]);
  expect(drawn.every((one) => one >= 0 && one < 1)).toBe(true);
  expect(drawn.reduce((sum, one) => sum + one, 0) / drawn.length).toBeCloseTo(0.5, 1);
});

test("what callers meet side by side counts once, and again at another time, for another one, and after a reset", () => {
  const some: LifeSwitch = { name: "some", title: "Some.", source: "doc", row: "2.1 CAE", where: "always" };
  const life = lifeOver({ switches: [some], seed: 1, estate: loadEstate() });
  const struckNow = (): number | undefined => life.list()[0]?.struck;
  life.strikeOnce("some", "one", 1000);
  life.strikeOnce("some", "one", 1000);
  expect(struckNow()).toBe(1);
  life.strikeOnce("some", "one", 2000);
  life.strikeOnce("some", "another", 2000);
  expect(struckNow()).toBe(3);
  life.forgetStrikes();
  life.strikeOnce("some", "one", 2000);
  expect(struckNow()).toBe(1);
});

test("ids are GUIDs, new each time, and the same in the same run with the same seed", () => {
  const run = (seed: number): string[] => {
    const ids = idMaker(seed);
    return [ids.next("application", "a"), ids.next("application", "a"), ids.next("application", "b")];
  };
  expect(run(1)).toEqual(run(1));
  expect(new Set([...run(1), ...run(2)]).size).toBe(6);
  for (const id of run(1)) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("no switch and no group share a name", () => {
  const names = allSwitches.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const groups = new Set<string>(allSwitches.flatMap(({ group }) => group ?? []));
  expect(names.filter((name) => groups.has(name))).toEqual([]);
});
