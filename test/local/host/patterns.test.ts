import { run, until, type Running } from "./running.ts";

/** The patterns of the upstream samples, in an app of our own. Strict: an instance that can never move again fails. */
let host: Running;
beforeAll(async () => {
  host = await run("patterns", { strict: true });
});
afterAll(() => host.close());

async function output(name: string, input: unknown = null, id = name, query = ""): Promise<unknown> {
  expect((await host.post(`/api/start/${name}/${id}${query}`, input)).status).toBe(202);
  return (await host.ended(id)).output;
}

test("hello sequence: one activity after the other", async () => {
  expect(await output("helloSequence")).toEqual(["Hello Kyoto", "Hello Lagos", "Hello Lima"]);
});

test("fan-out and fan-in: all activities at once, their results in order", async () => {
  expect(await output("fanOut", 100)).toBe(328_350);
});

test("monitor: looks, waits, looks again until it is so", async () => {
  expect(await output("monitor")).toEqual({ looks: 3 });
});

describe("human interaction", () => {
  test.each([
    [true, "approved"],
    [false, "rejected"],
  ])("an answer of %s in time decides", async (answer, expected) => {
    const id = `approval-${expected}`;
    await host.post(`/api/start/approval/${id}`, 60_000);
    await until(host.url, id, ({ runtimeStatus }) => runtimeStatus === "Running");
    expect((await host.post(`/api/raise/${id}/Approval`, answer)).status).toBe(202);
    expect((await host.ended(id)).output).toBe(expected);
  });
  test("no answer in time escalates", async () => {
    expect(await output("approval", 30, "approval-late")).toBe("escalated");
  });
});

test("eternal orchestration: a new generation each round, the history short, until it is told to stop", async () => {
  await host.post("/api/start/eternal/eternal", { rounds: 0 });
  const rounds = (status: { customStatus: unknown }): number =>
    (status.customStatus as { rounds: number } | null)?.rounds ?? 0;
  const status = await until(host.url, "eternal", (one) => rounds(one) >= 5);
  expect(status.historyEvents.length).toBeLessThan(10);
  await host.post("/api/raise/eternal/Stop", {});
  expect((await host.ended("eternal")).output).toEqual({ rounds: expect.any(Number) });
});

test("singleton: a second start of a running instance is refused, one of an ended instance is not", async () => {
  const start = async (): Promise<number> => (await host.post("/api/singleton/approval/one", 60_000)).status;
  expect([await start(), await start()]).toEqual([202, 409]);
  await host.post("/api/raise/one/Approval", true);
  await host.ended("one");
  expect(await start()).toBe(202);
  await host.post("/api/raise/one/Approval", true);
  await host.ended("one");
});

test("retry: an activity that fails twice succeeds the third time", async () => {
  expect(await output("retry")).toBe(3);
});

test("sub-orchestrations: the parent gets what its children return", async () => {
  expect(await output("parent")).toEqual([0, 1, 5]);
});

test("HTTP sync start: the output when it is there in time, the status links otherwise", async () => {
  const quick = await host.post("/api/wait/helloSequence/quick?limit=10000", null);
  expect([quick.status, await quick.json()]).toEqual([200, ["Hello Kyoto", "Hello Lagos", "Hello Lima"]]);
  const slow = await host.post("/api/wait/approval/slow?limit=50", 60_000);
  expect([slow.status, await slow.json()]).toEqual([202, expect.objectContaining({ id: "slow" })]);
});

test("versioned orchestration: an instance keeps the version it was started with, that of host.json unless given", async () => {
  expect(await output("versioned", null, "new")).toBe("the way of 2.0");
  expect(await output("versioned", null, "old", "?version=1.0")).toBe("the old way");
});
