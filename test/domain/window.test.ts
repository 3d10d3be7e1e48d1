import fc from "fast-check";
import { isOpen, nextOpening, openingsBetween } from "../../src/domain/openings.ts";
import { parseWindow, windowText, type MaintenanceWindow } from "../../src/domain/window.ts";
import { windowOf } from "./windowOf.ts";

describe("parseWindow", () => {
  const first = { nth: "first", day: 0 } as const;
  const second = { nth: "second", day: 6 } as const;
  it.each<[string, MaintenanceWindow["days"], number, number]>([
    ["Sat,Sun 01:00-05:00", [0, 6], 60, 300],
    ["sun 00:00-24:00", [0], 0, 1440],
    ["Mon-Fri 22:00-04:00", [1, 2, 3, 4, 5], 1320, 240],
    ["Fri-Mon 01:30-02:00", [0, 1, 5, 6], 90, 120],
    ["01:00-05:00", [0, 1, 2, 3, 4, 5, 6], 60, 300],
    ["  Wed,Wed   23:59-00:00 ", [3], 1439, 0],
    ["Mon 00:59-01:59", [1], 59, 119],
    ["Sun, sat 01:00-05:00", [0, 6], 60, 300],
    ["last Sun of month 01:00-05:00", [{ nth: "last", day: 0 }], 60, 300],
    ["Second  SAT of Month,Mon-Tue,first Sun of month 01:00-05:00", [1, 2, second, first], 60, 300],
    ["first Sun of month,first sun of month 01:00-05:00", [first], 60, 300],
  ])("reads %j", (text, days, startMinute, endMinute) => {
    expect(parseWindow(text)).toEqual({ outcome: "parsed", window: { zone: "UTC", days, startMinute, endMinute } });
  });

  it.each([
    ["", "Sat,Sun 01:00-05:00"],
    ["at night", "Sat,Sun 01:00-05:00"],
    ["Sat 1:00-5:00", "Sat,Sun 01:00-05:00"],
    ["Sat 01:00-05:00 extra", "Sat,Sun 01:00-05:00"],
    ["Caturday 01:00-05:00", "the days are"],
    ["Mon-Wed-Fri 01:00-05:00", "the days are"],
    ["Mon-Caturday 01:00-05:00", "the days are"],
    ["Caturday-Mon 01:00-05:00", "the days are"],
    ["fifth Sun of month 01:00-05:00", "the days are"],
    ["first Sun of year 01:00-05:00", "the days are"],
    ["first Caturday of month 01:00-05:00", "the days are"],
    ["first Sat-Sun of month 01:00-05:00", "the days are"],
    ["Sat 01:00-02:60", "00:00 to 24:00"],
    [", 01:00-05:00", "the days are"],
    ["Sat 24:00-05:00", "00:00 to 24:00"],
    ["Sat 01:60-05:00", "00:00 to 24:00"],
    ["Sat 01:00-24:01", "00:00 to 24:00"],
    ["Sat 05:00-05:00", "the same"],
  ])("refuses %j and says why", (text, reason) => {
    expect(parseWindow(text)).toEqual({ outcome: "malformed", reason: expect.stringContaining(reason) });
  });
});

describe("windowText", () => {
  it.each([
    ["Europe/Paris Sat,Sun 01:00-05:00", "Europe/Paris Sat,Sun 01:00-05:00"],
    ["Mon-Fri 22:00-04:00", "Mon-Fri 22:00-04:00"],
    ["01:00-05:00", "01:00-05:00"],
    ["00:00-24:00", "00:00-24:00"],
    ["Pacific/Auckland last Sun of month 01:00-05:00", "Pacific/Auckland last Sun of month 01:00-05:00"],
    ["UTC sun 01:00-05:00", "Sun 01:00-05:00"],
    ["Fri-Mon 01:30-02:00", "Mon,Fri-Sun 01:30-02:00"],
    ["first Sat of month,Wed,Mon,Tue,Fri 09:05-10:00", "Mon-Wed,Fri,first Sat of month 09:05-10:00"],
    ["Sun-Sat,first Sat of month 09:05-10:00", "Mon-Sun,first Sat of month 09:05-10:00"],
  ])("of %j is %j", (text, expected) => {
    expect(windowText(windowOf(text))).toBe(expected);
  });

  it("is read as the same window again", () => {
    const ofWeek = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 7 });
    const nth = fc.constantFrom("first", "second", "third", "fourth", "last");
    const ofMonth = fc.uniqueArray(fc.record({ nth, day: fc.integer({ min: 0, max: 6 }) }), {
      selector: (day) => JSON.stringify(day),
      maxLength: 4,
    });
    const window = fc.record({
      zone: fc.constantFrom("UTC", "Europe/Paris", "America/St_Johns"),
      days: fc
        .tuple(ofWeek, ofMonth)
        .filter(([week, month]) => week.length + month.length > 0)
        .map(([week, month]) => [...week.sort((a, b) => a - b), ...month] as MaintenanceWindow["days"]),
      startMinute: fc.integer({ min: 0, max: 1439 }),
      endMinute: fc.integer({ min: 0, max: 1440 }),
    });
    fc.assert(
      fc.property(window, (drawn) => {
        fc.pre(drawn.startMinute !== drawn.endMinute);
        expect(windowOf(windowText(drawn))).toEqual(drawn);
      }),
    );
  });
});

describe("nextOpening", () => {
  // 2026-11-21 is a Saturday.
  it.each([
    ["Sat,Sun 01:00-05:00", "2026-11-21T00:59:59.999Z", "2026-11-21T01:00:00.000Z"],
    ["Sat,Sun 01:00-05:00", "2026-11-21T01:00:00Z", "2026-11-21T01:00:00Z"],
    ["Sat,Sun 01:00-05:00", "2026-11-21T04:59:59.999Z", "2026-11-21T04:59:59.999Z"],
    ["Sat,Sun 01:00-05:00", "2026-11-21T05:00:00Z", "2026-11-22T01:00:00.000Z"],
    ["Sat,Sun 01:00-05:00", "2026-11-22T05:00:00Z", "2026-11-28T01:00:00.000Z"],
    ["Fri 22:00-04:00", "2026-11-21T03:59:00Z", "2026-11-21T03:59:00Z"],
    ["Fri 22:00-04:00", "2026-11-21T04:00:00Z", "2026-11-27T22:00:00.000Z"],
    ["Sat 23:00-00:00", "2026-11-21T23:30:00Z", "2026-11-21T23:30:00Z"],
    ["Sat 00:00-24:00", "2026-11-20T12:00:00Z", "2026-11-21T00:00:00.000Z"],
    ["Sat 00:00-24:00", "2026-11-22T00:00:00Z", "2026-11-28T00:00:00.000Z"],
    ["Sun 01:00-02:00", "2026-12-27T02:00:00Z", "2027-01-03T01:00:00.000Z"],
    ["Sat 01:00-05:00", "2026-11-21T03:00:00+01:00", "2026-11-21T03:00:00+01:00"],
    // 2026-11 begins on a Sunday and has five; 2027-02 ends on one.
    ["first Sun of month 01:00-05:00", "2026-11-01T04:00:00Z", "2026-11-01T04:00:00Z"],
    ["first Sun of month 01:00-05:00", "2026-11-01T05:00:00Z", "2026-12-06T01:00:00.000Z"],
    ["second Sun of month 01:00-05:00", "2026-11-01T05:00:00Z", "2026-11-08T01:00:00.000Z"],
    ["third Sun of month 01:00-05:00", "2026-11-01T05:00:00Z", "2026-11-15T01:00:00.000Z"],
    ["fourth Sun of month 01:00-05:00", "2026-11-01T05:00:00Z", "2026-11-22T01:00:00.000Z"],
    ["last Sun of month 01:00-05:00", "2026-11-01T05:00:00Z", "2026-11-29T01:00:00.000Z"],
    ["last Sun of month 01:00-05:00", "2027-02-01T00:00:00Z", "2027-02-28T01:00:00.000Z"],
    ["last Sun of month 22:00-04:00", "2026-11-30T03:00:00Z", "2026-11-30T03:00:00Z"],
    ["last Mon of month,Fri 01:00-05:00", "2026-11-28T00:00:00Z", "2026-11-30T01:00:00.000Z"],
    ["Pacific/Auckland last Sun of month 01:00-05:00", "2026-11-01T05:00:00Z", "2026-11-28T12:00:00.000Z"],
  ])("of %j at %s is %s", (text, at, expected) => {
    expect(nextOpening(windowOf(text), at)).toBe(expected);
  });

  it("is never in the past, at most a week away, and inside the window", () => {
    const days = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 });
    const minute = fc.integer({ min: 0, max: 1439 });
    const zones = fc.constantFrom("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe");
    const at = fc.date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(zones, days, minute, minute, at, (zone, on, startMinute, endMinute, moment) => {
        fc.pre(startMinute !== endMinute);
        const window = { zone, days: on, startMinute, endMinute };
        const opening = nextOpening(window, moment.toISOString());
        const waited = new Date(opening).getTime() - moment.getTime();
        expect(waited).toBeGreaterThanOrEqual(0);
        // A week, or two where the change of the clock hides one.
        expect(waited).toBeLessThanOrEqual(7 * 86_400_000 + (zone === "UTC" ? 0 : 3_600_000));
        expect(isOpen(window, opening)).toBe(true);
        if (waited > 60_000)
          expect(isOpen(window, new Date(new Date(opening).getTime() - 60_000).toISOString())).toBe(false);
      }),
    );
  });
});

describe("a window by the clock of a zone", () => {
  test.each([
    ["Europe/Paris Sat 01:00-05:00", "Europe/Paris", [6]],
    ["europe/paris Sat 01:00-05:00", "Europe/Paris", [6]],
    ["America/New_York 01:00-05:00", "America/New_York", [0, 1, 2, 3, 4, 5, 6]],
    ["UTC Sun 01:00-05:00", "UTC", [0]],
  ])("is read from %j", (text, zone, days) => {
    expect(parseWindow(text)).toEqual({ outcome: "parsed", window: { zone, days, startMinute: 60, endMinute: 300 } });
  });

  test("is refused when nobody knows the zone", () => {
    expect(parseWindow("Europe/Atlantis Sat 01:00-05:00")).toEqual({
      outcome: "malformed",
      reason: '"Europe/Atlantis" is no time zone; give an IANA name, as in Europe/Paris',
    });
  });

  /** Open and close of the window that opens next, found minute by minute: the definition, not the algorithm. */
  function opening(window: MaintenanceWindow, from: string): [string, string] {
    const opens = nextOpening(window, from);
    let closes = new Date(opens).getTime();
    while (isOpen(window, new Date(closes).toISOString())) closes += 60_000;
    return [opens.replace(".000Z", "Z"), new Date(closes).toISOString().replace(".000Z", "Z")];
  }

  test.each([
    // Spring: 02:00 to 03:00 does not exist on 2026-03-29. Autumn: it is there twice on 2026-10-25.
    ["Europe/Paris Sun 02:00-03:00", "2026-03-21T12:00:00Z", ["2026-03-22T01:00:00Z", "2026-03-22T02:00:00Z"]],
    ["Europe/Paris Sun 02:00-03:00", "2026-03-28T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"]],
    ["Europe/Paris Sun 02:00-03:00", "2026-04-04T12:00:00Z", ["2026-04-05T00:00:00Z", "2026-04-05T01:00:00Z"]],
    ["Europe/Paris Sun 02:00-03:00", "2026-10-24T12:00:00Z", ["2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"]],
    ["Europe/Paris Sun 02:00-03:00", "2026-10-31T12:00:00Z", ["2026-11-01T01:00:00Z", "2026-11-01T02:00:00Z"]],
    ["Europe/Paris Sun 02:15-02:45", "2026-03-28T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]],
    ["Europe/Paris Sun 01:30-02:30", "2026-03-28T12:00:00Z", ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"]],
    ["Europe/Paris Sun 02:30-04:00", "2026-03-28T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"]],
    ["Europe/Paris Sat 22:00-04:00", "2026-03-28T12:00:00Z", ["2026-03-28T21:00:00Z", "2026-03-29T02:00:00Z"]],
    ["Europe/Paris Sun 01:00-02:30", "2026-10-24T12:00:00Z", ["2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"]],
    ["Europe/Paris Sun 01:00-02:30", "2026-10-25T00:45:00Z", ["2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"]],
    // Soon after the clock has changed, seen from before.
    ["Europe/Paris Sun 04:00-05:00", "2026-03-28T12:00:00Z", ["2026-03-29T02:00:00Z", "2026-03-29T03:00:00Z"]],
    // West of Greenwich, at Greenwich, and by a clock that once counted seconds.
    ["America/St_Johns Sun 01:00-02:00", "2026-01-01T00:00:00Z", ["2026-01-04T04:30:00Z", "2026-01-04T05:30:00Z"]],
    ["Africa/Abidjan Sun 01:00-02:00", "2026-01-01T00:00:00Z", ["2026-01-04T01:00:00Z", "2026-01-04T02:00:00Z"]],
    ["Africa/Monrovia Sun 01:00-02:00", "1971-01-01T00:00:00Z", ["1971-01-03T01:44:30Z", "1971-01-03T02:44:30Z"]],
    ["Asia/Kolkata Sun 00:15-01:00", "2026-01-01T00:00:00Z", ["2026-01-03T18:45:00Z", "2026-01-03T19:30:00Z"]],
    ["Australia/Lord_Howe Sun 02:00-02:30", "2026-10-03T00:00:00Z", ["2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z"]],
  ])("%s, after %s, is open from and to %j", (text, from, expected) => {
    expect(opening(windowOf(text), from)).toEqual(expected);
  });
});

describe("the openings of a window", () => {
  const between = (text: string, from: string, to: string): readonly string[] =>
    openingsBetween(windowOf(text), from, to).map(({ opensAt, closesAt }) =>
      `${opensAt}/${closesAt}`.replaceAll(":00.000Z", "Z"),
    );

  test("are those that are not over at the beginning and begin before the end, in order", () => {
    const on = (text: string): readonly string[] => between(text, "2026-11-02T06:00:00Z", "2026-11-16T06:00:00Z");
    const sundays = ["2026-11-08T00:00Z/2026-11-08T04:00Z", "2026-11-15T00:00Z/2026-11-15T04:00Z"];
    expect(on("Europe/Paris Sun 01:00-05:00")).toEqual(sundays);
    expect(on("Europe/Paris first Sun of month 01:00-05:00")).toEqual([]);
    expect(between("Sun 01:00-05:00", "2026-11-08T04:59:00Z", "2026-11-15T01:00:00Z")).toHaveLength(1);
    expect(between("Sun 01:00-05:00", "2026-11-08T05:00:00Z", "2026-11-15T01:00:00Z")).toEqual([]);
    expect(between("00:00-24:00", "2026-11-08T00:00:00Z", "2026-11-10T00:00:00Z")).toHaveLength(2);
  });

  test("count a doubled hour once, though it is cut in two, and move one in the skipped hour to its end", () => {
    const on = (text: string): readonly string[] => between(text, "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z");
    expect(on("Europe/Paris Sun 02:15-02:45")).toEqual(["2026-03-29T01:00Z/2026-03-29T01:30Z"]);
    const [october, ...more] = between("Europe/Paris Sun 02:15-02:45", "2026-10-24T00:00:00Z", "2026-10-26T00:00:00Z");
    expect([october, more]).toEqual(["2026-10-25T00:15Z/2026-10-25T01:45Z", []]);
  });
});

test("a window is open whenever the clock of its zone reads a time inside, around every change of the clock", () => {
  const zones = ["Europe/Paris", "America/New_York", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe"];
  const minute = fc.integer({ min: 0, max: 1439 });
  // Some of these zones change at midnight, some by half an hour.
  const around = fc.constantFrom("2018-11-04", "2018-02-18", "2026-03-08", "2026-03-29", "2026-04-24", "2026-10-25");
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      around,
      fc.integer({ min: -2880, max: 4320 }),
      minute,
      minute,
      (zone, day, after, startMinute, endMinute) => {
        fc.pre(endMinute > startMinute && endMinute - startMinute > 60);
        const moment = new Date(new Date(day).getTime() + after * 60_000);
        const local = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
        const [hours = 0, minutes = 0] = local.format(moment).split(":").map(Number);
        const reads = hours * 60 + minutes;
        const window = { zone, days: [0, 1, 2, 3, 4, 5, 6], startMinute, endMinute };
        expect(isOpen(window, moment.toISOString())).toBe(reads >= startMinute && reads < endMinute);
      },
    ),
    { numRuns: 2000 },
  );
});
