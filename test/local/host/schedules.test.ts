import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCron } from "../../../local/host/triggers/ncrontab.ts";
import { parseSchedule, parseTimeSpan } from "../../../local/host/triggers/schedule.ts";
import { isoText, openZone } from "../../../local/host/triggers/zone.ts";
import { shared } from "./running.ts";

const utc = openZone("UTC");

/** The next occurrences of a schedule, as .NET writes local times. */
function occurrences(text: string, from: string, count: number, zone = utc): string[] {
  const schedule = parseSchedule(text, zone);
  const found: string[] = [];
  let at: number | undefined = Date.parse(from);
  while (found.length < count) {
    at = schedule?.next(at);
    if (at === undefined) break;
    found.push(isoText(at, zone));
  }
  return found;
}

interface Recorded {
  readonly from: string;
  readonly schedules: readonly { readonly expression: string; readonly next?: string[]; readonly invalid?: boolean }[];
}
const file = join(shared, "facts/ncrontab.json");
if (!existsSync(file)) console.log(`skipped: the recorded schedules (${file}) are not here`);
(existsSync(file) ? describe : describe.skip)("as computed by the parser of the timer trigger", () => {
  const { from, schedules } = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as Recorded)
    : { from: "", schedules: [] };
  test.each(schedules.map((recorded) => [recorded.expression, recorded] as const))('"%s"', (expression, recorded) => {
    if (recorded.invalid) return expect(parseCron(expression)).toBeUndefined();
    const expected = (recorded.next ?? []).map((time) => `${time}Z`);
    // A list that is shorter than six is one that the recording ended.
    expect(occurrences(expression, `${from}Z`, Math.max(expected.length, 1))).toEqual(expected);
  });
});

test.each([
  ["0 */5 * * * *", "0 0,5,10,15,20,25,30,35,40,45,50,55 * * * *"],
  ["0 0 1,2,3 * * *", "0 0 1-3 * * *"],
  ["*/5 * * * mon-fri", "0,5,10,15,20,25,30,35,40,45,50,55 * * * 1-5"],
  ["0-59 * * * *", "* * * * *"],
])("%s is written again as %s", (expression, text) => {
  expect(parseCron(expression)?.text).toBe(text);
});

test.each<[string, number | undefined]>([
  ["00:05:00", 300_000],
  ["00:00:00.5", 500],
  ["01:30", 5_400_000],
  ["30.00:00:00", 30 * 86_400_000],
  ["1:02:03:04", 93_784_000],
  ["7", 7 * 86_400_000],
  [" 00:00:10 ", 10_000],
  ["-00:00:10", -10_000],
  ["24:00:00", undefined],
  ["00:60:00", undefined],
  ["0:0:60", undefined],
  ["ten", undefined],
  ["", undefined],
])('the TimeSpan "%s" is %s ms', (text, expected) => {
  expect(parseTimeSpan(text)).toBe(expected);
});

test("an interval that does not go forward is no schedule", () => {
  expect([parseSchedule("00:00:00", utc), parseSchedule("-00:00:10", utc)]).toEqual([undefined, undefined]);
});

test("a constant interval counts from the run before, whatever the clock on the wall does", () => {
  expect(occurrences("12:00:00", "2018-03-11T06:00:00Z", 2, openZone("America/Los_Angeles"))).toEqual([
    "2018-03-11T11:00:00-07:00",
    "2018-03-11T23:00:00-07:00",
  ]);
});

describe("around a change of the clock in Los Angeles", () => {
  const zone = openZone("America/Los_Angeles");
  test.each([
    [
      "an interval goes on without a gap into summer time",
      "0 30 * * * *",
      "2018-03-11T08:00:00Z",
      [
        "2018-03-11T00:30:00-08:00",
        "2018-03-11T01:30:00-08:00",
        "2018-03-11T03:30:00-07:00",
        "2018-03-11T04:30:00-07:00",
      ],
    ],
    [
      "an interval runs in both of the repeated hours",
      "0 30 * * * *",
      "2018-11-04T07:00:00Z",
      [
        "2018-11-04T00:30:00-07:00",
        "2018-11-04T01:30:00-07:00",
        "2018-11-04T01:30:00-08:00",
        "2018-11-04T02:30:00-08:00",
      ],
    ],
    [
      "steps within the repeated hour come twice",
      "0 */20 * * * *",
      "2018-11-04T07:30:00Z",
      [
        "2018-11-04T00:40:00-07:00",
        "2018-11-04T01:00:00-07:00",
        "2018-11-04T01:20:00-07:00",
        "2018-11-04T01:40:00-07:00",
        "2018-11-04T01:00:00-08:00",
        "2018-11-04T01:20:00-08:00",
        "2018-11-04T01:40:00-08:00",
        "2018-11-04T02:00:00-08:00",
      ],
    ],
    [
      "a point in time comes once, the first time",
      "0 30 1 * * *",
      "2018-11-03T07:00:00Z",
      ["2018-11-03T01:30:00-07:00", "2018-11-04T01:30:00-07:00", "2018-11-05T01:30:00-08:00"],
    ],
    [
      "a host that starts in the second hour waits a day",
      "0 30 1 * * *",
      "2018-11-04T09:29:00Z",
      ["2018-11-05T01:30:00-08:00"],
    ],
    [
      "a skipped point in time comes an hour later by the clock",
      "0 30 2 * * *",
      "2018-03-10T11:00:00Z",
      ["2018-03-11T03:30:00-07:00", "2018-03-12T02:30:00-07:00"],
    ],
  ])("%s", (_what, text, from, expected) => {
    expect(occurrences(text, from, expected.length, zone)).toEqual(expected);
  });
});

test("a time zone that is none is refused", () => {
  expect(() => openZone("Nowhere/At All")).toThrow(/WEBSITE_TIME_ZONE: "Nowhere\/At All" is no time zone/);
});

test.each([
  ["* * * * * *", true],
  ["*/10 * * * * *", true],
  ["0 * * * * *", false],
  ["* 0 * * * *", false],
  ["* * * * *", false],
  ["00:00:59", true],
  ["00:01:00", false],
])("%s: more than one run a minute? %s", (text, frequent) => {
  expect(parseSchedule(text, utc)?.frequent).toBe(frequent);
});
