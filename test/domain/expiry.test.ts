import fc from "fast-check";
import { lifetimeUnder, shorterLives } from "../../src/domain/expiry.ts";

const now = new Date("2026-06-01T00:00:00.000Z");

test.each<[string, Parameters<typeof lifetimeUnder>[0], number]>([
  ["nothing is remembered", null, 180],
  ["a shorter life was seen to be allowed", { days: 30, seenAt: "2026-05-01T00:00:00.000Z" }, 30],
  ["a longer life was seen to be allowed", { days: 365, seenAt: "2026-05-01T00:00:00.000Z" }, 180],
  ["that was seen less than three months ago", { days: 30, seenAt: "2026-03-03T00:00:01.000Z" }, 30],
  ["that was seen three months ago", { days: 30, seenAt: "2026-03-03T00:00:00.000Z" }, 180],
])("a new secret lives so long where %s", (_what, cap, days) => {
  expect(lifetimeUnder(cap, 180, now)).toBe(days);
});

test.each<[number, number | null, readonly number[]]>([
  [180, null, [120, 90, 60, 30, 14, 7, 3, 1]],
  [180, 14, [14, 14 - 1 / 24, 7, 3, 1]],
  [180, 365, [120, 90, 60, 30, 14, 7, 3, 1]],
  [14, 14, [14 - 1 / 24, 7, 3, 1]],
  [1, null, []],
])("after %d days were refused, and %p are said to be allowed, these are tried: %p", (refused, allowed, expected) => {
  expect(shorterLives(refused, allowed)).toEqual(expected);
});

test("what is tried gets shorter and shorter, and is never longer than what is said to be allowed", () => {
  const days = fc.double({ min: 0.1, max: 800, noNaN: true });
  fc.assert(
    fc.property(days, fc.option(days), (refused, allowed) => {
      const lives = shorterLives(refused, allowed);
      expect(lives).toEqual([...new Set(lives)].sort((a, b) => b - a));
      for (const life of lives) expect(life > 0 && life < refused && life <= (allowed ?? life)).toBe(true);
    }),
  );
});
