/** What starts the daily sweep: its timer, and requests that find it late. */
import { HttpRequest, InvocationContext, type Timer } from "@azure/functions";
import type { Sweep, SweepInput } from "../../src/domain/sweep.ts";
import { sweepKey } from "../../src/domain/sweep.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import type { Instances } from "../../src/durable/instances.ts";
import { guarded } from "../../src/functions/http.ts";
import { secondClock, sweepTimer } from "../../src/functions/sweepTimer.ts";
import { sweepShape } from "../../src/store/store.ts";
import { memoryTable } from "../store/memoryTable.ts";

const hour = 3_600_000;
const config = {
  waits: standardWaits,
  sweepLimits: { maxConcurrent: 500, failuresInARow: 5 },
  secretLifetimeInDays: 180,
  rotationFraction: 2 / 3,
  maintenanceWindow: null,
};
const contextOf = () => {
  const warnings: string[] = [];
  const logHandler = (level: string, ...parts: unknown[]) =>
    void (level === "warning" && warnings.push(parts.join(" ")));
  return { warnings, context: new InvocationContext({ functionName: "f", logHandler }) };
};

function app(row?: Partial<Sweep>, start: Instances["start"] = async () => ({ started: true })) {
  let time = Date.parse("2026-05-01T00:00:00.000Z");
  const sweeps = memoryTable(sweepShape);
  const started: SweepInput[] = [];
  let reads = 0;
  const table = { ...sweeps, read: async (id: string) => (reads++, sweeps.read(id)) };
  const connect = async () => {
    if (row) await sweeps.insert(sweepKey, { knownSince: "", startedAt: null, lastEndedAt: null, last: null, ...row });
    return { world: { sweeps: table, now: () => new Date(time) }, config };
  };
  const instances: Instances = {
    start: async (of, id, input) => {
      expect([of.name, id]).toEqual(["sweepRotations", "sweep-rotations"]);
      started.push(input as unknown as SweepInput);
      return start(of, id, input);
    },
    state: async () => undefined,
    wake: async () => undefined,
  };
  const clock = secondClock(
    connect,
    () => instances,
    () => time,
  );
  return {
    started,
    clock,
    timer: sweepTimer(connect, () => instances),
    reads: () => reads,
    wait: (ms: number) => void (time += ms),
  };
}
const ended = { lastEndedAt: "2026-04-30T03:00:00.000Z" };

test("the timer starts the sweep, with what it may not read later; one that runs already is the sweep", async () => {
  for (const answer of [{ started: true }, { started: false, state: {} as never }] as const) {
    const { timer, started } = app(ended, async () => answer);
    await timer({} as Timer, contextOf().context);
    const { waits, sweepLimits: limits, ...defaults } = config;
    expect(started).toEqual([{ waits, limits, defaults }]);
  }
});

describe("a request", () => {
  test("that finds the sweep 25 hours old starts it, and one that finds it younger does not", async () => {
    const { clock, started, wait } = app(ended);
    await clock(contextOf().context);
    wait(4 * hour - 1);
    await clock(contextOf().context);
    expect(started).toHaveLength(0);
    wait(60_000);
    await clock(contextOf().context);
    expect(started).toHaveLength(1);
  });

  test("that is the first of all starts the sweep", async () => {
    const { clock, started } = app();
    await clock(contextOf().context);
    expect(started).toHaveLength(1);
  });

  test("looks at most once a minute", async () => {
    const { clock, reads, wait, started } = app({ lastEndedAt: "2026-01-01T00:00:00.000Z" });
    for (let asked = 0; asked < 50; asked += 1) await clock(contextOf().context);
    expect([reads(), started.length]).toEqual([1, 1]);
    wait(59_999);
    await clock(contextOf().context);
    expect(reads()).toBe(1);
    wait(1);
    await clock(contextOf().context);
    expect([reads(), started.length]).toEqual([2, 2]);
  });

  test("is answered all the same where the sweep cannot be looked at, and the log says so", async () => {
    const { clock } = app(ended, () => Promise.reject(new Error("the task hub is down")));
    const late = app({ lastEndedAt: "2026-01-01T00:00:00.000Z" }, () =>
      Promise.reject(new Error("the task hub is down")),
    );
    const { context, warnings } = contextOf();
    const route = {
      name: "any",
      method: "GET",
      route: "any",
      role: null,
      query: [],
      handle: async () => ({ status: 204 }),
    } as const;
    const request = new HttpRequest({ method: "GET", url: "http://localhost/api/any" });
    const nobodyAsks = () => Promise.reject(new Error("nobody asks"));
    expect(await guarded(route, nobodyAsks, late.clock)(request, context)).toEqual({ status: 204 });
    expect(warnings.join()).toContain("the task hub is down");
    expect(await guarded(route, nobodyAsks, clock)(request, context)).toEqual({ status: 204 });
  });
});
