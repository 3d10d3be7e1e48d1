import fc from "fast-check";
import { openingsBetween } from "../../src/domain/openings.ts";
import type { OnCluster, PullIdentity } from "../../src/domain/pullIdentity.ts";
import { attentionAt, attentionOf, dueAt, nextRotationAt, type Life } from "../../src/domain/rotationTime.ts";
import { identity, kept } from "../activities/world.ts";
import { windowOf } from "./windowOf.ts";

const days = (number: number): number => number * 86_400_000;
const born = "2026-01-01T00:00:00.000Z";
const life = (length: number, from = born): Life => ({
  createdAt: from,
  expiresAt: new Date(new Date(from).getTime() + days(length)).toISOString(),
});
const keyOf = (number: number): string => number.toString(16).padStart(16, "0");
const ageInDays = (at: string, from = born): number => (new Date(at).getTime() - new Date(from).getTime()) / days(1);

describe("a secret is due", () => {
  test("where two thirds of its life are used up, or up to a twentieth of it before, by its cluster alone", () => {
    const ages = Array.from({ length: 300 }, (_, number) =>
      ageInDays(dueAt(life(180), { fraction: 2 / 3, window: null }, keyOf(number))),
    );
    expect(Math.max(...ages)).toBeLessThanOrEqual(120);
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(111);
    expect(new Set(ages).size).toBe(300);
    expect(ages).toEqual(
      Array.from({ length: 300 }, (_, number) =>
        ageInDays(dueAt(life(180), { fraction: 2 / 3, window: null }, keyOf(number))),
      ),
    );
  });

  test("on no day more than twice as often as the mean, of a thousand that were made together", () => {
    const starts = new Map<number, number>();
    for (let number = 0; number < 1000; number += 1) {
      const day = Math.floor(ageInDays(dueAt(life(180), { fraction: 2 / 3, window: null }, keyOf(number))));
      starts.set(day, (starts.get(day) ?? 0) + 1);
    }
    const counts = [...starts.values()];
    const mean = 1000 / (Math.max(...starts.keys()) - Math.min(...starts.keys()) + 1);
    expect(Math.max(...counts)).toBeLessThanOrEqual(2 * mean);
  });

  test.each<[string, number, string, string, string]>([
    // 2026-11-02 is a Monday. Of the Sundays 8 and 15 two are left at birth: it is due at once.
    ["Europe/Paris Sun 01:00-05:00", 14, "2026-11-02T06:00:00.000Z", "2026-11-02T06:00:00.000Z", "at its birth"],
    // Sundays 8, 15, 22, 29: when that of the 15th is over two are left.
    ["Europe/Paris Sun 01:00-05:00", 28, "2026-11-02T06:00:00.000Z", "2026-11-15T04:00:00.000Z", "after the second"],
    ["Europe/Paris first Sun of month 01:00-05:00", 14, "2026-11-02T06:00:00.000Z", "2026-11-02T06:00:00.000Z", "none"],
    // Of 2026-12-06, 2027-01-03, 02-07 and 03-07 two are left from 01-03 on.
    ["first Sun of month 01:00-05:00", 130, "2026-11-02T06:00:00.000Z", "2027-01-03T05:00:00.000Z", "months"],
  ])("early where %s leaves two openings of a life of %s days", (window, length, from, expected) => {
    expect(dueAt(life(length, from), { fraction: 2 / 3, window: windowOf(window) }, keyOf(1))).toBe(expected);
  });

  test("by its life where the window opens often", () => {
    const policy = { fraction: 2 / 3, window: windowOf("Sun 01:00-05:00") };
    expect(dueAt(life(180), policy, keyOf(1))).toBe(dueAt(life(180), { ...policy, window: null }, keyOf(1)));
  });

  test("never after its part of the life, and while two openings are left, if there ever were two", () => {
    const windows = [
      "01:00-05:00",
      "Europe/Paris Sun 02:00-03:00",
      "first Sun of month 01:00-05:00",
      "Mon,Thu 22:00-04:00",
    ];
    const drawn = fc.record({
      window: fc.constantFrom(...windows).map(windowOf),
      length: fc.integer({ min: 1, max: 400 }),
      startsOn: fc.integer({ min: 0, max: 800 }),
      fraction: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      key: fc.integer({ min: 0, max: 1e6 }).map(keyOf),
    });
    fc.assert(
      fc.property(drawn, ({ window, length, startsOn, fraction, key }) => {
        const secret = life(length, new Date(new Date(born).getTime() + days(startsOn)).toISOString());
        const due = dueAt(secret, { fraction, window }, key);
        expect(due >= secret.createdAt).toBe(true);
        expect(ageInDays(due, secret.createdAt)).toBeLessThanOrEqual(length * fraction + 1e-6);
        const ever = openingsBetween(window, secret.createdAt, secret.expiresAt).length;
        const left = openingsBetween(window, due, secret.expiresAt).length;
        expect(left).toBeGreaterThanOrEqual(Math.min(2, ever));
      }),
      { numRuns: 150 },
    );
  });

  test("never before its birth", () => {
    expect(dueAt(life(180), { fraction: 0.01, window: null }, keyOf(3)) >= born).toBe(true);
  });
});

test.each([
  [121, "watch"],
  [119, "none"],
  [120, "watch"],
  [149, "watch"],
  [150, "act"],
  [164, "act"],
  [165, "now"],
  [200, "now"],
])("at the age of %s of 180 days it needs attention: %s", (age, attention) => {
  expect(attentionAt(life(180), new Date(new Date(born).getTime() + days(age)))).toBe(attention);
});

describe("of a cluster whose nodes", () => {
  const policy = { fraction: 2 / 3, window: null };
  const old = { ...kept("v1", "retiring"), ...life(180) };
  const young = { ...kept("v2", "current"), ...life(180, "2026-04-01T00:00:00.000Z") };
  const on = (onCluster: OnCluster, secrets: PullIdentity["secrets"] = [old, young]): PullIdentity => ({
    ...identity,
    secrets,
    onCluster,
  });
  const dueOf = (secret: Life) => dueAt(secret, policy, identity.clusterKey);
  const since = born;
  test.each<[string, OnCluster, string | null, string]>([
    ["hold none of ours", { state: "foreign" }, null, "none"],
    ["hold the new one", { state: "held", version: "v2", since }, dueOf(young), "none"],
    ["hold the old one still", { state: "held", version: "v1", since }, dueOf(old), "act"],
    ["may hold either", { state: "halfway", mayHold: ["v2", "v1"] }, dueOf(old), "act"],
    ["hold one that no row knows", { state: "held", version: "v0", since }, null, "now"],
  ])("%s, the rotation is due by what may be on them", (_what, onCluster, due, attention) => {
    expect(nextRotationAt(on(onCluster), policy)).toBe(due);
    expect(attentionOf(on(onCluster), new Date("2026-06-05T00:00:00.000Z"))).toBe(attention);
  });

  test("hold a secret that was refused, it needs attention now, however young it is", () => {
    const row = on({ state: "held", version: "v2", since }, [old, { ...young, state: "rejected" }]);
    expect(attentionOf(row, new Date(young.createdAt))).toBe("now");
  });
});
