import { VirtualClock } from "../../../local/host/virtualClock.ts";
import { run, type Running } from "./running.ts";

const dayInMs = 86_400_000;
const management = "/runtime/webhooks/durabletask";

describe("a host in this process, its time moved by hand", () => {
  let host: Running;
  beforeEach(async () => {
    host = await run("virtual", { virtualTime: "manual" });
  });
  afterEach(() => host.close());

  test("plays all that becomes due, in the host and in the app, and not a millisecond more", async () => {
    const begin = host.clock.now().getTime();
    const id = host.instances.start("sleeps", 5);
    await host.clock.advance(5 * dayInMs - 1);
    expect(host.instances.get(id)).toMatchObject({ name: "sleeps", runtimeStatus: "Running", input: 5 });
    await host.clock.advance(1);
    expect(host.clock.now().getTime()).toBe(begin + 5 * dayInMs);
    const today = new Date(begin + 5 * dayInMs).toISOString().slice(0, 10);
    expect(host.instances.get(id)).toMatchObject({ runtimeStatus: "Completed", output: [5, today] });
    expect(((await (await host.get("/api/days")).json()) as unknown[]).length).toBe(5);
  });

  test("moves once for each that asks, one after the other", async () => {
    const begin = host.clock.now().getTime();
    await Promise.all([host.clock.advance(dayInMs), host.clock.advance(dayInMs), host.clock.advance(0)]);
    expect(host.clock.now().getTime()).toBe(begin + 2 * dayInMs);
    for (const ms of [-1, Number.NaN, Infinity])
      await expect(host.clock.advance(ms)).rejects.toThrow("time goes on only");
  });

  test("goes on after an action that failed, which the caller is told of", async () => {
    const clock = new VirtualClock(new Date("2030-01-07T08:00:00Z"));
    clock.automatic = false;
    const shared = await run("virtual", { virtualTime: clock });
    try {
      clock.at(new Date("2030-01-07T08:30:00Z"), () => {
        throw new Error("as planned by the test");
      });
      await expect(shared.clock.advance(3_600_000)).rejects.toThrow("as planned by the test");
      await shared.clock.advance(3_600_000);
      expect(shared.clock.now().toISOString()).toBe("2030-01-07T09:30:00.000Z");
    } finally {
      await shared.close();
    }
  });

  test("shows, tells and ends instances as the management API does", async () => {
    const { instances } = host;
    expect(instances.start("waits", 3, { id: "a" })).toBe("a");
    expect(() => instances.start("waits", 3, { id: "a" })).toThrow('an orchestration with id "a" already exists');
    for (const id of ["b", "c"]) instances.start("waits", 3, { id });
    await host.clock.advance(0);
    expect(instances.raise("a", "Go", { by: "hand" })).toBe("done");
    expect(instances.terminate("b", "enough")).toBe("done");
    await host.clock.advance(0);
    expect(
      instances.list().map(({ instanceId, runtimeStatus, output }) => [instanceId, runtimeStatus, output]),
    ).toEqual([
      ["a", "Completed", { by: "hand" }],
      ["b", "Terminated", "enough"],
      ["c", "Running", null],
    ]);
    expect(instances.list({ statuses: ["Running"] }).map(({ instanceId }) => instanceId)).toEqual(["c"]);
    expect(instances.list({}, { after: "a", limit: 1 }).map(({ instanceId }) => instanceId)).toEqual(["b"]);
    expect([instances.raise("a", "Go"), instances.terminate("nobody"), instances.get("nobody")]).toEqual([
      "finished",
      "unknown",
      undefined,
    ]);
    // Two turns, each with its begin and its end; started, a timer set, raised, completed.
    expect([instances.historyLength("a"), instances.historyLength("nobody")]).toEqual([8, undefined]);
    const overHttp = await host.get(`${management}/instances/a?showHistory=true&showHistoryOutput=true`);
    expect(instances.get("a", { history: true })).toEqual(await overHttp.json());
  });
});

test("time that jumps by itself is held from the first advance on", async () => {
  const host = await run("virtual", { virtualTime: true });
  try {
    await host.clock.advance(0);
    const begin = host.clock.now().getTime();
    const id = host.instances.start("waits", 5);
    await host.clock.advance(dayInMs);
    expect(host.instances.get(id)?.runtimeStatus).toBe("Running");
    for (let look = 0; look < 5; look += 1) await host.get("/api/days");
    expect(host.clock.now().getTime()).toBe(begin + dayInMs);
  } finally {
    await host.close();
  }
});

test("the system's time is told, and cannot be moved", async () => {
  const host = await run("virtual");
  try {
    expect(Math.abs(host.clock.now().getTime() - Date.now())).toBeLessThan(60_000);
    await expect(host.clock.advance(1)).rejects.toMatchObject({ name: "HostError" });
  } finally {
    await host.close();
  }
});
