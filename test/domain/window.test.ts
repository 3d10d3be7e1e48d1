import fc from "fast-check";
import { nextOpening, parseWindow, type MaintenanceWindow } from "../../src/domain/window.ts";

function windowOf(text: string): MaintenanceWindow {
  const parsed = parseWindow(text);
  if (parsed.outcome !== "parsed") throw new Error(parsed.reason);
  return parsed.window;
}

describe("parseWindow", () => {
  it.each<[string, readonly number[], number, number]>([
    ["Sat,Sun 01:00-05:00", [0, 6], 60, 300],
    ["sun 00:00-24:00", [0], 0, 1440],
    ["Mon-Fri 22:00-04:00", [1, 2, 3, 4, 5], 1320, 240],
    ["Fri-Mon 01:30-02:00", [0, 1, 5, 6], 90, 120],
    ["01:00-05:00", [0, 1, 2, 3, 4, 5, 6], 60, 300],
    ["  Wed,Wed   23:59-00:00 ", [3], 1439, 0],
  ])("reads %j", (text, days, startMinute, endMinute) => {
    expect(parseWindow(text)).toEqual({ outcome: "parsed", window: { days, startMinute, endMinute } });
  });

  it.each([
    ["", "Sat,Sun 01:00-05:00"],
    ["at night", "Sat,Sun 01:00-05:00"],
    ["Sat 1:00-5:00", "Sat,Sun 01:00-05:00"],
    ["Sat, Sun 01:00-05:00", "Sat,Sun 01:00-05:00"],
    ["Sat 01:00-05:00 extra", "Sat,Sun 01:00-05:00"],
    ["Caturday 01:00-05:00", "the days are"],
    ["Mon-Wed-Fri 01:00-05:00", "the days are"],
    [", 01:00-05:00", "the days are"],
    ["Sat 24:00-05:00", "00:00 to 24:00"],
    ["Sat 01:60-05:00", "00:00 to 24:00"],
    ["Sat 01:00-24:01", "00:00 to 24:00"],
    ["Sat 05:00-05:00", "the same"],
  ])("refuses %j and says why", (text, reason) => {
    expect(parseWindow(text)).toEqual({ outcome: "malformed", reason: expect.stringContaining(reason) });
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
  ])("of %j at %s is %s", (text, at, expected) => {
    expect(nextOpening(windowOf(text), at)).toBe(expected);
  });

  it("is never in the past, at most a week away, and inside the window", () => {
    const days = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 });
    const minute = fc.integer({ min: 0, max: 1439 });
    const at = fc.date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(days, minute, minute, at, (on, startMinute, endMinute, moment) => {
        fc.pre(startMinute !== endMinute);
        const window = { days: on, startMinute, endMinute };
        const opening = nextOpening(window, moment.toISOString());
        const waited = new Date(opening).getTime() - moment.getTime();
        expect(waited).toBeGreaterThanOrEqual(0);
        expect(waited).toBeLessThanOrEqual(7 * 86_400_000);
        expect(nextOpening(window, opening)).toBe(opening);
      }),
    );
  });
});
