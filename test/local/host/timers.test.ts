import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../../local/host/clock.ts";
import { createLog } from "../../../local/host/log.ts";
import { openStatuses, type TimerStatuses } from "../../../local/host/triggers/statusFile.ts";
import { createTimers, type Timers } from "../../../local/host/triggers/timers.ts";
import { openZone } from "../../../local/host/triggers/zone.ts";
import type { Binding, FunctionMetadata, RetryContext, RetryOptions } from "../../../local/host/worker/messages.ts";
import { scratch } from "./running.ts";

const folder = scratch();

/** Time that moves only when told, and then from one due action to the next. */
function manualClock(start: string): Clock & { readonly advance: (to: string) => Promise<void> } {
  let now = Date.parse(start);
  const due = new Set<{ readonly at: number; readonly action: () => void }>();
  return {
    now: () => new Date(now),
    at(at, action) {
      const entry = { at: Math.max(at.getTime(), now), action };
      due.add(entry);
      return () => due.delete(entry);
    },
    async advance(to) {
      await new Promise((resolve) => setImmediate(resolve));
      for (;;) {
        const [next] = [...due].filter(({ at }) => at <= Date.parse(to)).sort((a, b) => a.at - b.at);
        if (!next) break;
        due.delete(next);
        now = Math.max(now, next.at);
        next.action();
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = Date.parse(to);
    },
  };
}

interface Seen {
  readonly at: string;
  readonly reason: string;
  readonly info: { readonly ScheduleStatus: Record<string, string> | null; readonly IsPastDue: boolean };
  readonly retry?: RetryContext | undefined;
}

interface World {
  readonly clock: ReturnType<typeof manualClock>;
  readonly seen: Seen[];
  readonly timers: Timers;
  readonly start: (...functions: FunctionMetadata[]) => void;
}

function timer(binding: Partial<Binding>, more: Partial<FunctionMetadata> = {}): FunctionMetadata {
  const input = { type: "timerTrigger", name: "in", direction: "in", ...binding };
  return { id: "tick", name: "tick", bindings: { in: input }, ...more };
}

function world(
  now: string,
  statuses: TimerStatuses = openStatuses(undefined),
  run: () => Promise<void> = () => Promise.resolve(),
  retry?: RetryOptions,
): World {
  const clock = manualClock(now);
  const seen: Seen[] = [];
  const timers = createTimers({
    clock,
    statuses,
    zone: openZone("UTC"),
    log: createLog(() => undefined),
    settings: { NIGHTLY: "0 0 2 * * *" },
    retry,
    runner: {
      async run(_metadata, { reason, inputs, retryContext }) {
        const info = JSON.parse(inputs[0]?.data.json ?? "") as Seen["info"];
        seen.push({ at: clock.now().toISOString(), reason, info, retry: retryContext });
        await run();
        return {};
      },
    },
  });
  return { clock, seen, timers, start: (...functions) => timers.start(functions) };
}
const times = ({ seen }: World): string[] => seen.map(({ at }) => at);

test("a function gets TimerInfo: last, next and last updated, before its first run and after", async () => {
  const it = world("2026-11-21T05:10:05Z");
  it.start(timer({ schedule: "0 * * * * *" }));
  await it.clock.advance("2026-11-21T05:12:30Z");
  expect(it.seen.map(({ info }) => info)).toEqual([
    {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: "0001-01-01T00:00:00",
        Next: "2026-11-21T05:11:00Z",
        LastUpdated: "2026-11-21T05:10:05Z",
      },
      IsPastDue: false,
    },
    {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: "2026-11-21T05:11:00Z",
        Next: "2026-11-21T05:12:00Z",
        LastUpdated: "2026-11-21T05:11:00Z",
      },
      IsPastDue: false,
    },
  ]);
});

test("without a monitor, and with more than one run a minute, there is no schedule status", async () => {
  const unmonitored = world("2026-01-01T00:00:30Z");
  unmonitored.start(timer({ schedule: "0 * * * * *", useMonitor: false }));
  await unmonitored.clock.advance("2026-01-01T00:01:00Z");
  const frequent = world("2026-01-01T00:00:30Z");
  frequent.start(timer({ schedule: "*/10 * * * * *" }));
  await frequent.clock.advance("2026-01-01T00:00:40Z");
  expect([...unmonitored.seen, ...frequent.seen].map(({ info }) => info.ScheduleStatus)).toEqual([null, null]);
});

test("a year of daily runs is 365 runs, a month of an interval longer than 24 days goes by in one", async () => {
  const daily = world("2026-01-01T00:00:00Z");
  daily.start(timer({ schedule: "%nightly%" }));
  await daily.clock.advance("2027-01-01T00:00:00Z");
  expect([daily.seen.length, times(daily)[0], times(daily).at(-1)]).toEqual([
    365,
    "2026-01-01T02:00:00.000Z",
    "2026-12-31T02:00:00.000Z",
  ]);
  const monthly = world("2026-01-01T00:00:00Z");
  monthly.start(timer({ schedule: "30.00:00:00" }));
  await monthly.clock.advance("2026-03-31T00:00:00Z");
  expect(times(monthly)).toEqual(["2026-01-31T00:00:00.000Z", "2026-03-02T00:00:00.000Z"]);
});

describe("when the host starts again", () => {
  const nightly = timer({ schedule: "0 0 2 * * *" });
  const after = async (days: number, binding: Partial<Binding> = {}): Promise<World> => {
    const statuses = openStatuses(undefined);
    const before = world("2026-01-01T00:00:00Z", statuses);
    before.start(nightly);
    await before.clock.advance("2026-01-01T12:00:00Z");
    before.timers.stop();
    const again = world(new Date(Date.parse("2026-01-01T12:00:00Z") + days * 86_400_000).toISOString(), statuses);
    again.start(timer({ schedule: "0 0 2 * * *", ...binding }));
    await again.clock.advance(new Date(again.clock.now().getTime() + 1000).toISOString());
    return again;
  };

  test("runs that were missed become one, past due", async () => {
    const [only, ...more] = (await after(5)).seen;
    expect([only?.info.IsPastDue, only?.info.ScheduleStatus?.Next, more]).toEqual([true, "2026-01-02T02:00:00Z", []]);
  });
  test("nothing is run when nothing was missed", async () => {
    expect((await after(0.1)).seen).toEqual([]);
  });
  test("a function that runs on startup does so, not past due", async () => {
    expect((await after(0.1, { runOnStartup: true })).seen.map(({ info }) => info.IsPastDue)).toEqual([false]);
  });
  test("a function that is past due and runs on startup runs once", async () => {
    expect((await after(5, { runOnStartup: true })).seen.map(({ info }) => info.IsPastDue)).toEqual([true]);
  });
  test("a schedule that has changed begins anew, not past due", async () => {
    expect((await after(5, { schedule: "0 0 3 * * *" })).seen).toEqual([]);
  });
  test("without a monitor nothing is past due", async () => {
    expect((await after(5, { useMonitor: false })).seen).toEqual([]);
  });
});

test("runs never overlap: what came due meanwhile follows at once, as one", async () => {
  let release: () => void = () => undefined;
  const it = world("2026-01-01T00:00:30Z", undefined, () => new Promise((resolve) => (release = resolve)));
  it.start(timer({ schedule: "0 * * * * *" }));
  await it.clock.advance("2026-01-01T00:04:30Z");
  expect(times(it)).toEqual(["2026-01-01T00:01:00.000Z"]);
  release();
  await it.clock.advance("2026-01-01T00:04:31Z");
  expect(times(it)).toEqual(["2026-01-01T00:01:00.000Z", "2026-01-01T00:04:30.000Z"]);
});

test("a function that fails is run again at its next time", async () => {
  const it = world("2026-01-01T00:00:30Z", undefined, () => Promise.reject(new Error("no")));
  it.start(timer({ schedule: "0 * * * * *" }));
  await it.clock.advance("2026-01-01T00:02:30Z");
  expect(times(it)).toEqual(["2026-01-01T00:01:00.000Z", "2026-01-01T00:02:00.000Z"]);
});

test.each<[string, RetryOptions, string[]]>([
  [
    "a fixed delay",
    { strategy: "fixedDelay", maxRetryCount: 2, delayInterval: { seconds: 5 } },
    ["01:00", "01:05", "01:10"],
  ],
  [
    "growing delays",
    { strategy: "exponentialBackoff", maxRetryCount: 4, minimumInterval: "00:00:02", maximumInterval: "00:00:06" },
    ["01:00", "01:02", "01:06", "01:12", "01:18"],
  ],
])("a failed run is tried again with %s, and told so", async (_what, retryOptions, expected) => {
  const it = world("2026-01-01T00:00:30Z", undefined, () => Promise.reject(new Error("no")));
  it.start(timer({ schedule: "0 1 * * * *" }, { retryOptions }));
  await it.clock.advance("2026-01-01T00:30:00Z");
  expect(times(it)).toEqual(expected.map((time) => `2026-01-01T00:${time}.000Z`));
  expect(it.seen.map(({ retry }) => retry?.retryCount)).toEqual([undefined, 1, 2, 3, 4].slice(0, expected.length));
  expect(it.seen[1]?.retry).toMatchObject({ maxRetryCount: retryOptions.maxRetryCount, exception: { message: "no" } });
});

test("the policy of host.json holds for functions without one", async () => {
  const policy = { strategy: "fixedDelay", maxRetryCount: 1, delayInterval: "00:00:03" };
  const it = world("2026-01-01T00:00:30Z", undefined, () => Promise.reject(new Error("no")), policy);
  it.start(timer({ schedule: "0 1 * * * *" }));
  await it.clock.advance("2026-01-01T00:30:00Z");
  expect(times(it)).toEqual(["2026-01-01T00:01:00.000Z", "2026-01-01T00:01:03.000Z"]);
});

test("loading the app again leaves a timer that has not changed alone, and replaces one that has", async () => {
  const it = world("2026-01-01T00:00:00Z");
  it.start(timer({ schedule: "0 0 2 * * *", runOnStartup: true }));
  await it.clock.advance("2026-01-01T01:00:00Z");
  it.start(timer({ schedule: "0 0 2 * * *", runOnStartup: true }));
  await it.clock.advance("2026-01-01T01:30:00Z");
  expect(times(it)).toEqual(["2026-01-01T00:00:00.000Z"]);
  it.start(timer({ schedule: "0 0 3 * * *" }));
  await it.clock.advance("2026-01-01T04:00:00Z");
  expect(times(it)).toEqual(["2026-01-01T00:00:00.000Z", "2026-01-01T03:00:00.000Z"]);
});

test.each([
  ["0 0 25 * * *", /function "tick": "0 0 25 \* \* \*" is no schedule: neither a NCRONTAB expression nor a TimeSpan/],
  ["%ABSENT%", /function "tick": the schedule needs the app setting "ABSENT"/],
])("the schedule %s is refused in one line", (schedule, message) => {
  expect(() => world("2026-01-01T00:00:00Z").timers.check([timer({ schedule })])).toThrow(message);
});

describe("the timer file", () => {
  test("keeps what it is told, for the next host", () => {
    const file = join(folder, "kept.json");
    openStatuses(file).set("tick", { last: 1, next: 2 });
    expect(openStatuses(file).get("tick")).toEqual({ last: 1, next: 2 });
    expect(existsSync(`${file}.new`)).toBe(false);
  });
  test.each([
    ["damaged", '{"version":1,"tim', /is damaged, and was left as it is$/],
    [
      "of another version",
      '{"version":9,"timers":{}}',
      /was written by another version of the host, and was left as it is$/,
    ],
  ])("that is %s is refused and left as it is", (what, content, message) => {
    const file = join(folder, `${what}.json`);
    writeFileSync(file, content);
    expect(() => openStatuses(file)).toThrow(message);
    expect(readFileSync(file, "utf8")).toBe(content);
  });
});
