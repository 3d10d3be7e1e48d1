import { clusterId, cloudWithPuller, type Answer } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";
import { advance, follow, reset } from "./switches.ts";
import { struck, turn } from "../life/turning.ts";

let cloud: TestCloud;
const all = [
  "noContentAtTheEnd",
  "longPollingAddresses",
  "notLatestOperations",
  "youngOperations",
  "forgottenOperations",
];
beforeAll(async () => {
  cloud = await cloudWithPuller({ timings: { reimagePerNodeInSeconds: 60 } });
});
afterEach(async () => {
  await turn(cloud, Object.fromEntries(all.map((name) => [name, false])));
  await cloud.control("POST", "/control/reset");
});
afterAll(() => cloud.close());

const begun = async (): Promise<Answer> => {
  const update = await reset(cloud);
  expect(update.status).toBe(202);
  return update;
};

test("the result of an operation that succeeded is 204 with the switch, and 200 without it", async () => {
  const first = await begun();
  await advance(cloud, 600);
  expect((await follow(cloud, first, "location")).status).toBe(200);
  await turn(cloud, { noContentAtTheEnd: true });
  const second = await begun();
  expect((await follow(cloud, second, "location")).status).toBe(202);
  await advance(cloud, 600);
  expect((await follow(cloud, second, "location")).status).toBe(204);
  expect((await follow(cloud, second, "azure-asyncoperation")).body).toMatchObject({ status: "Succeeded" });
  expect(await struck(cloud, "noContentAtTheEnd")).toBe(1);
});

test("an operation that failed answers 400 at its result with or without the switch", async () => {
  await turn(cloud, { noContentAtTheEnd: true });
  const failing = { clusterId: clusterId("aks-staging"), afterNodes: 1 };
  await cloud.control("POST", "/control/clusters/fail-next-update", failing);
  const update = await begun();
  await advance(cloud, 600);
  expect((await follow(cloud, update, "location")).status).toBe(400);
  expect(await struck(cloud, "noContentAtTheEnd")).toBe(0);
});

test("polling addresses are long and signed with the switch, and short without it", async () => {
  const short = await begun();
  for (const header of ["azure-asyncoperation", "location"])
    expect(short.headers.get(header)).toMatch(/\?api-version=2026-06-01$/);
  await advance(cloud, 600);
  await turn(cloud, { longPollingAddresses: true });
  const long = await begun();
  for (const header of ["azure-asyncoperation", "location"] as const) {
    const address = long.headers.get(header) ?? "";
    expect(address.length).toBeGreaterThanOrEqual(3000);
    expect(address.length).toBeLessThanOrEqual(4000);
    expect(address).toMatch(/\?api-version=2016-03-30&t=\d{18}&c=[\w-]+&s=[\w-]+&h=[\w-]+$/);
    expect([200, 202]).toContain((await follow(cloud, long, header)).status);
  }
  expect(await struck(cloud, "longPollingAddresses")).toBeGreaterThan(0);
});

/** What the statuses of many operations say, while they are under way and after they succeeded. */
async function statuses(count: number, endsAfterSeconds: number): Promise<Answer[][]> {
  const found: Answer[][] = [];
  for (let made = 0; made < count; made++) {
    const update = await begun();
    const early = await follow(cloud, update, "azure-asyncoperation");
    await advance(cloud, endsAfterSeconds);
    found.push([early, await follow(cloud, update, "azure-asyncoperation")]);
  }
  return found;
}

test("the status of an operation may say NotLatestOperation while it is under way, and when it has succeeded", async () => {
  const before = await statuses(12, 600);
  expect(before.flat().every(({ body }) => body.error === undefined)).toBe(true);
  await turn(cloud, { notLatestOperations: true });
  const pairs = await statuses(12, 600);
  const odd = pairs.filter(([early]) => early?.body.error?.code === "NotLatestOperation");
  expect(odd.length).toBeGreaterThan(0);
  expect(odd.length).toBeLessThan(12);
  for (const [early, late] of odd) {
    expect(early?.body.status).toBe("InProgress");
    expect(late?.body).toMatchObject({ status: "Succeeded", error: { code: "NotLatestOperation" } });
  }
  expect(await struck(cloud, "notLatestOperations")).toBe(2 * odd.length);
});

test("a young operation may be unknown to its own starter, for no longer than five minutes", async () => {
  await turn(cloud, { youngOperations: true });
  const pairs = await statuses(40, 600);
  const unknown = pairs.filter(([early]) => early?.status === 404);
  expect(unknown.length).toBeGreaterThan(0);
  expect(unknown.length).toBeLessThan(20);
  expect(pairs.every(([, late]) => late?.status === 200)).toBe(true);
  expect(await struck(cloud, "youngOperations")).toBe(unknown.length);
});

test("an operation that succeeded may be unknown some time after its end, and never before", async () => {
  await turn(cloud, { forgottenOperations: true });
  const pairs = await statuses(40, 2 * 3600);
  const gone = pairs.filter(([, late]) => late?.status === 404);
  expect(pairs.every(([early]) => early?.status === 200)).toBe(true);
  expect(gone.length).toBeGreaterThan(0);
  expect(gone.length).toBeLessThan(25);
  expect(await struck(cloud, "forgottenOperations")).toBe(gone.length);
});

test("without the switches every operation is known from its beginning on", async () => {
  const pairs = await statuses(30, 2 * 3600);
  expect(pairs.flat().every(({ status }) => status === 200)).toBe(true);
});
