import type { Instant } from "./time.ts";

/** A weekly time when clusters may be disturbed, by the clock of one time zone. */
export type MaintenanceWindow = {
  /** IANA name, as in `Europe/Paris`. */
  readonly zone: string;
  /** Days it opens on: 0 is Sunday, 6 Saturday. Ascending, at least one. */
  readonly days: readonly number[];
  /** Minutes after midnight. An end at or before the start means the next day; at most a day long. */
  readonly startMinute: number;
  readonly endMinute: number;
};

export type ParsedWindow =
  | { readonly outcome: "parsed"; readonly window: MaintenanceWindow }
  | { readonly outcome: "malformed"; readonly reason: string };

const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const windowPattern = /^(?:(?<zone>\S*\/\S+|UTC)\s+)?(?:(?<days>\S+)\s+)?(\d\d):(\d\d)-(\d\d):(\d\d)$/i;
const minutesPerDay = 1440;
const minuteInMs = 60_000;
const dayInMs = minutesPerDay * minuteInMs;

/**
 * `Sat,Sun 01:00-05:00`, `Mon-Fri 22:00-04:00` (ends on the next day), `01:00-05:00` (every day), in UTC; with an IANA
 * zone in front by the clock there: `Europe/Paris Sat 01:00-05:00`. `00:00-24:00` is a whole day.
 */
export function parseWindow(text: string): ParsedWindow {
  const match = windowPattern.exec(text.trim());
  if (!match) {
    return malformed('expected days and times, as in "Sat,Sun 01:00-05:00" (UTC) or "Europe/Paris Sat 01:00-05:00"');
  }
  const { zone: zoneText = "UTC", days: daysText = "Sun-Sat" } = match.groups ?? {};
  const zone = zoneNamed(zoneText);
  if (zone === undefined) return malformed(`"${zoneText}" is no time zone; give an IANA name, as in Europe/Paris`);
  const days = parseDays(daysText);
  if (!days) return malformed("the days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, ranges as in Mon-Fri, joined by commas");
  const [startHour = 0, startMinutes = 0, endHour = 0, endMinutes = 0] = match.slice(3).map(Number);
  const startMinute = startHour * 60 + startMinutes;
  const endMinute = endHour * 60 + endMinutes;
  if (startMinutes > 59 || endMinutes > 59 || startMinute >= minutesPerDay || endMinute > minutesPerDay) {
    return malformed("times go from 00:00 to 24:00");
  }
  if (startMinute === endMinute) return malformed("start and end are the same; a whole day is 00:00-24:00");
  return { outcome: "parsed", window: { zone, days, startMinute, endMinute } };
}

function malformed(reason: string): ParsedWindow {
  return { outcome: "malformed", reason };
}

function zoneNamed(text: string): string | undefined {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function parseDays(text: string): readonly number[] | undefined {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(",")) {
    const ends = part.split("-").map((name) => dayNames.indexOf(name));
    if (ends.length > 2 || ends.includes(-1)) return undefined;
    const [first = 0, last = first] = ends;
    for (let day = first; day !== last; day = (day + 1) % 7) days.add(day);
    days.add(last);
  }
  return [...days].sort((a, b) => a - b);
}

/**
 * Open is whenever the zone's clock reads a time inside, so that in a doubled hour a window may be open twice. One that
 * lies wholly in an hour that the clock skips opens at the end of that hour, for its full length. The end is not part of it.
 */
export function isOpen(window: MaintenanceWindow, at: Instant): boolean {
  const moment = new Date(at).getTime();
  return isInside(window, moment) || isAfterSkipped(window, moment);
}

/** When the window is open next: `at` itself, unchanged, if it is open then. */
export function nextOpening(window: MaintenanceWindow, at: Instant): Instant {
  if (isOpen(window, at)) return at;
  const moment = new Date(at).getTime();
  // A window opens where its first minute begins by an offset in force around that day, or where the offset changes.
  const candidates = daysAround(moment).flatMap((day) => {
    const offsets = [offsetAt(window.zone, day - dayInMs), offsetAt(window.zone, day + 2 * dayInMs)];
    const starts = offsets.map((offset) => day + window.startMinute * minuteInMs - offset);
    return [...starts, ...changesBetween(window.zone, day - dayInMs, day + dayInMs)];
  });
  const opens = candidates
    .sort((a, b) => a - b)
    .find((candidate) => candidate > moment && isOpen(window, new Date(candidate).toISOString()));
  if (opens === undefined) throw new Error("a maintenance window opens on at least one day of a week");
  return new Date(opens).toISOString();
}

/** Midnights, as if the zone were UTC, from yesterday to the day after next week. */
function daysAround(moment: number): readonly number[] {
  const midnight = Math.floor(moment / dayInMs) * dayInMs;
  return Array.from({ length: 11 }, (_, index) => midnight + (index - 1) * dayInMs);
}

function isInside({ zone, days, startMinute, endMinute }: MaintenanceWindow, moment: number): boolean {
  const clock = moment + offsetAt(zone, moment);
  const day = new Date(clock).getUTCDay();
  const minute = (((clock % dayInMs) + dayInMs) % dayInMs) / minuteInMs;
  const isToday = days.includes(day);
  if (endMinute > startMinute) return isToday && minute >= startMinute && minute < endMinute;
  return (isToday && minute >= startMinute) || (days.includes((day + 6) % 7) && minute < endMinute);
}

function isAfterSkipped({ zone, days, startMinute, endMinute }: MaintenanceWindow, moment: number): boolean {
  if (endMinute <= startMinute) return false;
  const lengthInMs = (endMinute - startMinute) * minuteInMs;
  return changesBetween(zone, moment - lengthInMs, moment).some((change) => {
    const [before, after] = [offsetAt(zone, change - 1), offsetAt(zone, change)];
    const skippedFrom = change + before;
    const day = Math.floor(skippedFrom / dayInMs) * dayInMs;
    const starts = day + startMinute * minuteInMs;
    const isSkipped = starts >= skippedFrom && day + endMinute * minuteInMs <= change + after;
    return isSkipped && days.includes(new Date(day).getUTCDay());
  });
}

/** The moments after `from`, up to `to`, at which the zone's offset changes; at most one is looked for in an interval. */
function changesBetween(zone: string, from: number, to: number): readonly number[] {
  const target = offsetAt(zone, to);
  if (offsetAt(zone, from) === target) return [];
  let [before, after] = [from, to];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(zone, middle) === target) after = middle;
    else before = middle;
  }
  return [after];
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the zone's clock is ahead of UTC, in milliseconds. */
function offsetAt(zone: string, moment: number): number {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  formats.set(zone, format);
  // "11/21/2026, GMT-03:30"; some zones counted seconds once.
  const [, sign, offset = ""] = format.format(moment).split(/GMT([+-])/);
  const [hours = 0, minutes = 0, seconds = 0] = offset.split(":").map(Number);
  return (sign === "-" ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds) * 1000;
}
