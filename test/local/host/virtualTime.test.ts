import { join } from "node:path";
import { VirtualClock } from "../../../local/host/virtualClock.ts";
import { run, scratch, type Running, type Status } from "./running.ts";

const management = "/runtime/webhooks/durabletask";
const dayInMs = 86_400_000;
const folder = scratch();

interface ClockAnswer {
  readonly now: string;
  readonly virtual: boolean;
  readonly automatic: boolean;
  readonly next: string | null;
}
const clock = async (host: Running, body?: object): Promise<ClockAnswer> =>
  (await (body ? host.post("/admin/clock", body) : host.get("/admin/clock"))).json() as Promise<ClockAnswer>;
const start = (host: Running, name: string, id: string, input: unknown = null): Promise<Response> =>
  host.post(`${management}/orchestrators/${name}/${id}`, input);

test("a 90-day timer takes no time, and gives the same history every time, to the millisecond", async () => {
  // Noon of the day after tomorrow: both hosts have not been there yet.
  const begin = new Date((Math.floor(Date.now() / dayInMs) + 2.5) * dayInMs);
  const end = new Date(begin.getTime() + 90 * dayInMs).toISOString();
  const histories: Status["historyEvents"][] = [];
  for (let round = 0; round < 2; round++) {
    const host = await run("virtual", { virtualTime: true });
    try {
      await clock(host, { automatic: false, to: begin.toISOString() });
      await start(host, "sleeps", "ninety", 90);
      await clock(host, { automatic: true });
      const status = await host.ended("ninety");
      expect(status.output).toEqual([90, end.slice(0, 10)]);
      histories.push(status.historyEvents);
    } finally {
      await host.close();
    }
  }
  expect(histories[0]).toEqual(histories[1]);
  const fired = histories[0]?.filter(({ EventType }) => EventType === "TimerFired") ?? [];
  // 30 legs of 3 days.
  expect(fired).toHaveLength(30);
  expect(Date.parse(String(fired[29]?.["Timestamp"]))).toBe(Date.parse(end));
});

test("a year of daily runs and of monthly renewals, one after the other, on the day", async () => {
  const host = await run("virtual", { virtualTime: true });
  try {
    await start(host, "renews", "year", 12);
    expect(await host.ended("year")).toMatchObject({ output: "renewed" });
    const days = (await (await host.get("/api/days")).json()) as string[];
    const apart = days.slice(1).map((day, index) => Date.parse(day) - Date.parse(days[index] ?? ""));
    expect(days.length).toBeGreaterThanOrEqual(360);
    expect(new Set(apart)).toEqual(new Set([dayInMs]));
  } finally {
    await host.close();
  }
});

test("time that is held back is moved by hand, in the host and in the app alike", async () => {
  const host = await run("virtual", { virtualTime: true });
  try {
    expect(await clock(host, { automatic: false })).toMatchObject({ virtual: true, automatic: false });
    await start(host, "waits", "event", 5);
    await start(host, "waits", "deadline", 5);
    const { now } = await clock(host, { advanceInMs: 4 * dayInMs });
    const { now: seen, made, text } = (await (await host.get("/api/now")).json()) as Record<string, number>;
    expect(Math.abs((seen ?? 0) - Date.parse(now))).toBeLessThan(5000);
    expect(Math.abs((made ?? 0) - Date.parse(String(text)))).toBeLessThan(5000);
    await host.post(`${management}/instances/event/raiseEvent/Go`, "in time");
    expect(await host.ended("event")).toMatchObject({ output: "in time" });
    await clock(host, { to: new Date(Date.parse(now) + 2 * dayInMs).toISOString() });
    expect(await host.ended("deadline")).toMatchObject({ output: "too late" });
    expect((await host.post("/admin/clock", { advanceInMs: -1 })).status).toBe(400);
  } finally {
    await host.close();
  }
});

test("a timer in legs that is cancelled after its first fails the instance as on the platform, and the cause is named", async () => {
  const host = await run("virtual", { virtualTime: true });
  try {
    await clock(host, { automatic: false });
    await start(host, "waits", "long", 7);
    await clock(host, { advanceInMs: 4 * dayInMs });
    await host.post(`${management}/instances/long/raiseEvent/Go`, "in time");
    expect(await host.ended("long")).toMatchObject({ output: expect.stringMatching(/^Non-Deterministic workflow/) });
    expect(host.lines.join("\n")).toMatch(/instance "long" of .*: it cancelled a timer of more than 6 days/);
  } finally {
    await host.close();
  }
});

test("a host that is started again on the same file does not go back in time", async () => {
  const state = join(folder, "virtual.db");
  const first = await run("virtual", { virtualTime: true, state });
  await start(first, "sleeps", "s", 5);
  const { output } = await first.ended("s");
  await first.close();
  const second = await run("virtual", { virtualTime: true, state });
  try {
    const { now } = await clock(second, { automatic: false });
    expect(now.slice(0, 10) >= (output as [number, string])[1]).toBe(true);
  } finally {
    await second.close();
  }
});

test("the system's time cannot be moved", async () => {
  const host = await run("virtual");
  try {
    expect(await clock(host)).toMatchObject({ virtual: false });
    expect((await host.post("/admin/clock", { advanceInMs: 1 })).status).toBe(409);
  } finally {
    await host.close();
  }
});

test("a clock of the caller's keeps what others have put on it when the host stops", async () => {
  const shared = new VirtualClock(new Date("2030-01-07T08:00:00Z"));
  shared.automatic = false;
  const host = await run("virtual", { virtualTime: shared });
  const fired: string[] = [];
  shared.at(new Date("2030-01-09T08:00:00Z"), () => void fired.push("theirs"));
  await start(host, "sleeps", "left", 90);
  await host.close();
  shared.jump(new Date("2031-01-07T08:00:00Z"));
  expect(fired).toEqual(["theirs"]);
});
