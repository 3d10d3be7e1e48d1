import { openingsOutside, type AksSchedule, type AksWindow } from "../../src/domain/aksSchedule.ts";
import { windowOf } from "./windowOf.ts";

const schedule = (part: Partial<AksSchedule>): AksSchedule => ({
  name: "default",
  hours: [],
  window: null,
  notAllowed: [],
  ...part,
});
const aks = (part: Partial<AksWindow>): AksSchedule =>
  schedule({
    window: {
      repeats: { unit: "day", interval: 1 },
      startMinute: 60,
      durationInHours: 4,
      offsetInMinutes: 0,
      startsOn: null,
      ...part,
    },
  });
/** The days on which an opening of November 2026 does not lie in it; the first is a Sunday. */
const outside = (text: string, of: AksSchedule): readonly string[] =>
  openingsOutside(windowOf(text), of, ["2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"]).outside.map((opening) =>
    opening.opensAt.slice(8, 10),
  );

const sundays = "Sun 01:00-05:00";
test.each<[string, string, AksSchedule, readonly string[]]>([
  ["every day at the same hours", sundays, aks({}), []],
  ["every day, and begins later", sundays, aks({ startMinute: 61 }), ["01", "08", "15", "22", "29"]],
  ["every day, and ends sooner", "Sun 01:00-05:01", aks({}), ["01", "08", "15", "22", "29"]],
  ["every day, on a clock that is ahead", "Sun 00:00-04:00", aks({ offsetInMinutes: 60 }), []],
  ["every day, on a clock that is behind", "Sun 06:30-10:30", aks({ offsetInMinutes: -330 }), []],
  ["every second day from the second on", sundays, every({ unit: "day", interval: 2 }, "02"), ["01", "15", "29"]],
  ["Sundays", sundays, aks({ repeats: { unit: "week", interval: 1, day: 0 } }), []],
  ["every second Sunday, from nobody knows when", sundays, every({ unit: "week", interval: 2, day: 0 }, null), []],
  [
    "every second Sunday from the 3rd on",
    sundays,
    every({ unit: "week", interval: 2, day: 0 }, "03"),
    ["01", "15", "29"],
  ],
  ["every third day from the 2nd on", sundays, every({ unit: "day", interval: 3 }, "02"), ["01", "15", "22"]],
  [
    "every third Sunday from the 1st on",
    sundays,
    every({ unit: "week", interval: 3, day: 0 }, "01"),
    ["08", "15", "29"],
  ],
  ["every day from the 15th on", sundays, every({ unit: "day", interval: 1 }, "15"), ["01", "08"]],
  [
    "the 15th of every third month from August of last year on",
    sundays,
    aks({ repeats: { unit: "date", interval: 3, date: 15 }, startsOn: "2025-08-15T00:00:00.000Z" }),
    ["01", "08", "22", "29"],
  ],
  [
    "the 15th of every third month from September of last year on",
    sundays,
    aks({ repeats: { unit: "date", interval: 3, date: 15 }, startsOn: "2025-09-15T00:00:00.000Z" }),
    ["01", "08", "15", "22", "29"],
  ],
  ["the 15th", sundays, every({ unit: "date", interval: 1, date: 15 }, null), ["01", "08", "22", "29"]],
  [
    "the second Sunday",
    sundays,
    every({ unit: "month", interval: 1, day: 0, nth: "second" }, null),
    ["01", "15", "22", "29"],
  ],
  [
    "the last Sunday of every second month, from October on",
    sundays,
    aks({ repeats: { unit: "month", interval: 2, day: 0, nth: "last" }, startsOn: "2026-10-01T00:00:00.000Z" }),
    ["01", "08", "15", "22", "29"],
  ],
  [
    "the last Sunday of every second month, from September on",
    sundays,
    aks({ repeats: { unit: "month", interval: 2, day: 0, nth: "last" }, startsOn: "2026-09-30T00:00:00.000Z" }),
    ["01", "08", "15", "22"],
  ],
  ["whole days that follow each other", "Sat 22:00-04:00", aks({ startMinute: 0, durationInHours: 24 }), []],
  [
    "hours of the week that follow each other",
    sundays,
    schedule({ hours: [4, 2, 1, 3].map((hour) => ({ day: 0, hour })) }),
    [],
  ],
  [
    "hours of the week with one missing",
    sundays,
    schedule({ hours: [1, 2, 4].map((hour) => ({ day: 0, hour })) }),
    ["01", "08", "15", "22", "29"],
  ],
  [
    "always, but from the end of an opening to the beginning of another",
    sundays,
    schedule({ notAllowed: [{ from: "2026-11-08T05:00:00.000Z", to: "2026-11-22T01:00:00.000Z" }] }),
    ["15"],
  ],
  [
    "always, but for two weeks",
    sundays,
    schedule({ notAllowed: [{ from: "2026-11-08T04:59:00.000Z", to: "2026-11-22T01:00:00.000Z" }] }),
    ["08", "15"],
  ],
])("of AKS that is maintained %s: what lies outside of %s", (_what, text, of, expected) => {
  expect(outside(text, of)).toEqual(expected);
});

function every(repeats: AksWindow["repeats"], from: string | null): AksSchedule {
  return aks({ repeats, startsOn: from === null ? null : `2026-11-${from}T00:00:00.000Z` });
}

test("counts all openings of the time", () => {
  const { all } = openingsOutside(windowOf(sundays), aks({}), ["2026-11-01T06:00:00.000Z", "2026-11-22T01:00:00.000Z"]);
  expect(all).toHaveLength(2);
});
