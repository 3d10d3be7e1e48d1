import { clusterId, cloudWithPuller, puller } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";
import { advance, follow, reset, shown } from "./switches.ts";
import { struck, turn } from "../life/turning.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller({ timings: { reimagePerNodeInSeconds: 60 } });
});
afterEach(async () => {
  await turn(cloud, { refusedUpdates: false, retriedUpdates: false });
  await cloud.control("POST", "/control/reset");
});
afterAll(() => cloud.close());

/** How an update of the cluster came out: `ok`, or the code of its refusal, at once or at its end. */
async function updated(): Promise<string> {
  const update = await reset(cloud);
  if (update.status !== 202) return `${update.status} ${update.body.error.code}`;
  await advance(cloud, 1800);
  const { body } = await follow(cloud, update, "azure-asyncoperation");
  return body.status === "Succeeded" ? "ok" : String(body.error.code);
}

async function updates(count: number): Promise<string[]> {
  const outcomes: string[] = [];
  for (let made = 0; made < count; made++) outcomes.push(await updated());
  return outcomes;
}

const known = ["409 OperationNotAllowed", "400 QuotaExceeded", "QuotaExceeded", "SubnetIsFull", "PodDrainFailure"];

test("about one update in ten is refused, at once or at its end, and never twice in a row", async () => {
  await turn(cloud, { refusedUpdates: true });
  const outcomes = await updates(80);
  const refused = outcomes.filter((outcome) => outcome !== "ok");
  expect(refused.length).toBeGreaterThan(2);
  expect(refused.length).toBeLessThan(20);
  expect(known).toEqual(expect.arrayContaining([...new Set(refused)]));
  expect(new Set(refused).size).toBeGreaterThan(2);
  const pairs = outcomes.map((outcome, index) => [outcome, outcomes[index + 1] ?? "ok"]);
  expect(pairs.filter((pair) => !pair.includes("ok"))).toEqual([]);
  expect(await struck(cloud, "refusedUpdates")).toBe(refused.length);
});

test("the same seed refuses the same updates", async () => {
  await turn(cloud, { refusedUpdates: true });
  const first = await updates(25);
  await cloud.control("POST", "/control/reset");
  expect(await updates(25)).toEqual(first);
});

test("without the switch no update is refused", async () => {
  expect(new Set(await updates(25))).toEqual(new Set(["ok"]));
  expect(await struck(cloud, "refusedUpdates")).toBe(0);
});

const failing = { clusterId: clusterId("aks-staging"), afterNodes: 0, failure: "QuotaExceeded" };

test("after an update failed, AKS goes on by itself some minutes later, and refuses another meanwhile", async () => {
  await turn(cloud, { retriedUpdates: true });
  await cloud.control("POST", "/control/clusters/fail-next-update", failing);
  expect(await firstState()).toBe("Failed");
  let waited = 0;
  for (; (await shown(cloud)).provisioningState === "Failed"; waited += 10) await advance(cloud, 10);
  expect(waited).toBeGreaterThan(60);
  expect(waited).toBeLessThan(900);
  expect((await shown(cloud)).provisioningState).toBe("Updating");
  const meanwhile = await reset(cloud);
  expect([meanwhile.status, meanwhile.body.error.code]).toEqual([409, "OperationNotAllowed"]);
  await advance(cloud, 1800);
  const { provisioningState, nodes } = await shown(cloud);
  expect([provisioningState, ...nodes.map(({ clientId }) => clientId)]).toEqual([
    "Succeeded",
    ...nodes.map(() => puller.appId),
  ]);
  expect(await struck(cloud, "retriedUpdates")).toBe(1);
});

test("an update that somebody else begins takes the place of the one AKS would go on with", async () => {
  await turn(cloud, { retriedUpdates: true });
  await cloud.control("POST", "/control/clusters/fail-next-update", failing);
  expect(await firstState()).toBe("Failed");
  expect(await updated()).toBe("ok");
  await advance(cloud, 3600);
  expect(await struck(cloud, "retriedUpdates")).toBe(0);
});

test("without the switch a cluster whose update failed stays as it is", async () => {
  await cloud.control("POST", "/control/clusters/fail-next-update", failing);
  expect(await firstState()).toBe("Failed");
  await advance(cloud, 24 * 3600);
  const { provisioningState, nodes } = await shown(cloud);
  expect(provisioningState).toBe("Failed");
  expect(nodes.map(({ clientId }) => clientId)).not.toContain(puller.appId);
});

async function firstState(): Promise<string> {
  expect((await reset(cloud)).status).toBe(202);
  return (await shown(cloud)).provisioningState;
}
