import type { Instant } from "./time.ts";

/** A weekly time, in UTC, when clusters may be disturbed. */
export type MaintenanceWindow = {
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
const windowPattern = /^(?:(\S+)\s+)?(\d\d):(\d\d)-(\d\d):(\d\d)$/;
const minutesPerDay = 1440;
const minuteInMs = 60_000;
const dayInMs = minutesPerDay * minuteInMs;

/**
 * `Sat,Sun 01:00-05:00`, `Mon-Fri 22:00-04:00` (ends on the next day), `01:00-05:00` (every day). All in UTC;
 * `00:00-24:00` is a whole day.
 */
export function parseWindow(text: string): ParsedWindow {
  const match = windowPattern.exec(text.trim());
  if (!match) return malformed('expected days and times in UTC, as in "Sat,Sun 01:00-05:00"');
  const [, dayText = "Sun-Sat", ...clock] = match;
  const days = parseDays(dayText);
  if (!days) return malformed("the days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, ranges as in Mon-Fri, joined by commas");
  const [startHour = 0, startMinutes = 0, endHour = 0, endMinutes = 0] = clock.map(Number);
  const startMinute = startHour * 60 + startMinutes;
  const endMinute = endHour * 60 + endMinutes;
  if (startMinutes > 59 || endMinutes > 59 || startMinute >= minutesPerDay || endMinute > minutesPerDay) {
    return malformed("times go from 00:00 to 24:00");
  }
  if (startMinute === endMinute) return malformed("start and end are the same; a whole day is 00:00-24:00");
  return { outcome: "parsed", window: { days, startMinute, endMinute } };
}

function malformed(reason: string): ParsedWindow {
  return { outcome: "malformed", reason };
}

function parseDays(text: string): readonly number[] | undefined {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(",")) {
    const [first = -1, last = first, ...rest] = part.split("-").map((name) => dayNames.indexOf(name));
    if (first < 0 || last < 0 || rest.length > 0) return undefined;
    for (let day = first; day !== last; day = (day + 1) % 7) days.add(day);
    days.add(last);
  }
  return [...days].sort((a, b) => a - b);
}

/** When the window is open next: `at` itself, unchanged, if it is open then. Its end is no longer part of it. */
export function nextOpening(window: MaintenanceWindow, at: Instant): Instant {
  const moment = new Date(at).getTime();
  const midnight = Math.floor(moment / dayInMs) * dayInMs;
  // Yesterday's window may reach into today.
  for (let day = -1; day <= 7; day += 1) {
    const start = midnight + day * dayInMs;
    if (!window.days.includes(new Date(start).getUTCDay())) continue;
    const opens = start + window.startMinute * minuteInMs;
    if (moment < opens) return new Date(opens).toISOString();
    if (moment < opens + lengthInMs(window)) return at;
  }
  throw new Error("a maintenance window opens on at least one day");
}

function lengthInMs({ startMinute, endMinute }: MaintenanceWindow): number {
  const minutes = endMinute > startMinute ? endMinute - startMinute : endMinute + minutesPerDay - startMinute;
  return minutes * minuteInMs;
}
