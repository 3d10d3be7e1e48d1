import { machineClock, type CloudClock } from "../../../../local/cloud/kit/clock.ts";

let clock: CloudClock;
beforeEach(() => {
  clock = machineClock();
});
afterEach(() => clock.stop());

const hour = 3_600_000;
const day = 24 * hour;

/** Does `work` every hour, and tells when it did. */
function hourly(work: () => void | Promise<void> = () => undefined): number[] {
  const times: number[] = [];
  const next = (): void =>
    void clock.after(hour, async () => {
      times.push(clock.now());
      await work();
      next();
    });
  next();
  return times;
}

test("a jump does all that would have been, each at its own time", async () => {
  clock.standStill(true);
  const start = clock.now();
  const times = hourly();
  await clock.advance(90 * day);
  expect(times).toEqual(Array.from({ length: 90 * 24 }, (_, index) => start + (index + 1) * hour));
  expect(clock.now()).toBe(start + 90 * day);
});

test("what takes long is waited for, and time stands still meanwhile", async () => {
  const seen: string[] = [];
  hourly(async () => {
    const before = clock.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    seen.push(clock.now() === before ? "still" : "moved");
  });
  await clock.advance(3 * hour);
  expect(seen).toEqual(["still", "still", "still"]);
});

test("what is due at one moment is done in the order in which it was asked for", async () => {
  const seen: number[] = [];
  for (const number of [1, 2, 3, 4, 5, 6, 7]) clock.after(hour, () => void seen.push(number));
  clock.after(hour / 2, () => void seen.push(0));
  await clock.advance(2 * hour);
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("two jumps at once are made one after another", async () => {
  clock.standStill(true);
  const start = clock.now();
  const times = hourly();
  await Promise.all([clock.advance(2 * hour), clock.advance(3 * hour), clock.advanceTo(start)]);
  expect(times).toHaveLength(5);
  expect(clock.now()).toBe(start + 5 * hour);
});

test("what was cancelled is not done, and a far time is waited for", async () => {
  const seen: string[] = [];
  clock.after(hour, () => void seen.push("cancelled")).cancel();
  clock.after(100 * day, () => void seen.push("far"));
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(99 * day);
  expect(seen).toEqual([]);
  await clock.advance(2 * day);
  expect(seen).toEqual(["far"]);
});

test("what failed on the way is told to whoever moved time, and the next jump goes on", async () => {
  const times = hourly();
  clock.after(hour / 2, () => {
    throw new Error("broken");
  });
  await expect(clock.advance(2 * hour)).rejects.toThrow("broken");
  await clock.advance(2 * hour);
  expect(times).toHaveLength(2);
});

test("without a jump what is due comes by itself, but not while time stands still", async () => {
  await new Promise<void>((resolve) => void clock.after(1, resolve));
  clock.standStill(true);
  const seen: string[] = [];
  clock.after(1, () => void seen.push("later"));
  await new Promise<void>((resolve) => void clock.after(0, resolve));
  expect(seen).toEqual([]);
  const goes = new Promise<void>((resolve) => void clock.after(1, resolve));
  clock.standStill(false);
  await goes;
  expect(seen).toEqual(["later"]);
});
