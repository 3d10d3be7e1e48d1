import type { Instant } from "./time.ts";
import type { DayOfMonth, MaintenanceWindow } from "./window.ts";

/** What a window opens for on one day: once, also where a doubled hour cuts it into two parts. */
export type Opening = { readonly opensAt: Instant; readonly closesAt: Instant };

/** From, and up to but without the end, in milliseconds since 1970. */
type Part = { readonly from: number; readonly to: number };

const minuteInMs = 60_000;
const dayInMs = 86_400_000;
/** The clocks of zones differ from UTC by less. */
const mostOffsetInMs = 16 * 60 * minuteInMs;
/** Two openings of one day of a month are at most 35 days apart, and a change of the clock may hide one. */
const longestGapInDays = 71;

/**
 * Open is whenever the zone's clock reads a time inside, so that in a doubled hour a window may be open twice. One that
 * lies wholly in an hour that the clock skips opens at the end of that hour, for its full length. The end is not part of it.
 */
export function isOpen(window: MaintenanceWindow, at: Instant): boolean {
  const moment = new Date(at).getTime();
  const parts = daysOf(window, moment, moment).flatMap((day) => partsOf(window, day));
  return parts.some(({ from, to }) => from <= moment && moment < to);
}

/** When the window is open next: `at` itself, unchanged, if it is open then. */
export function nextOpening(window: MaintenanceWindow, at: Instant): Instant {
  if (isOpen(window, at)) return at;
  const moment = new Date(at).getTime();
  // Day by day: an opening of a later day never begins earlier.
  for (const day of daysOf(window, moment, moment + longestGapInDays * dayInMs)) {
    const next = partsOf(window, day).find(({ from }) => from > moment);
    if (next) return instant(next.from);
  }
  throw new Error("a maintenance window opens on at least one day of a month");
}

/** The openings that are not over at `from` and begin before `to`, the first one first. A doubled hour counts as one opening. */
export function openingsBetween(window: MaintenanceWindow, from: Instant, to: Instant): readonly Opening[] {
  const [first, last] = [new Date(from).getTime(), new Date(to).getTime()];
  return daysOf(window, first, last).flatMap((day) => {
    const parts = partsOf(window, day);
    const [begin, end] = [parts[0], parts.at(-1)];
    if (!begin || !end || end.to <= first || begin.from >= last) return [];
    return [{ opensAt: instant(begin.from), closesAt: instant(end.to) }];
  });
}

/** For how many days, parts of one too, the window stays closed at the longest in the 400 days from then on. */
export function longestRestInDays(window: MaintenanceWindow, at: Instant): number {
  const first = new Date(at).getTime();
  const until = new Date(first + 400 * dayInMs).toISOString();
  let closed = first;
  let longest = 0;
  for (const { opensAt, closesAt } of openingsBetween(window, at, until)) {
    longest = Math.max(longest, new Date(opensAt).getTime() - closed);
    closed = new Date(closesAt).getTime();
  }
  return longest / dayInMs;
}

function instant(moment: number): Instant {
  return new Date(moment).toISOString();
}

/** Midnights of the days on which the window opens, as if the zone were UTC: all whose opening may touch this time. */
function daysOf({ days }: MaintenanceWindow, first: number, last: number): readonly number[] {
  const from = Math.floor((first - 2 * dayInMs - mostOffsetInMs) / dayInMs);
  const to = Math.ceil((last + mostOffsetInMs) / dayInMs);
  return Array.from({ length: to - from + 1 }, (_, index) => (from + index) * dayInMs).filter((midnight) => {
    const date = new Date(midnight);
    return days.some((day) => (typeof day === "number" ? day === date.getUTCDay() : isDayOfMonth(day, date)));
  });
}

/** `date` is a midnight as if the zone were UTC. */
export function isDayOfMonth({ nth, day }: DayOfMonth, date: Date): boolean {
  if (date.getUTCDay() !== day) return false;
  if (nth === "last") return new Date(date.getTime() + 7 * dayInMs).getUTCMonth() !== date.getUTCMonth();
  return ["first", "second", "third", "fourth"].indexOf(nth) === Math.floor((date.getUTCDate() - 1) / 7);
}

/** The parts of one day's opening, in order. While the clock keeps its offset, local times follow each other as moments do. */
function partsOf({ zone, startMinute, endMinute }: MaintenanceWindow, day: number): readonly Part[] {
  const opens = day + startMinute * minuteInMs;
  const closes = day + endMinute * minuteInMs + (endMinute > startMinute ? 0 : dayInMs);
  const [first, last] = [opens - mostOffsetInMs, closes + mostOffsetInMs];
  const change = changeBetween(zone, first, last);
  const before = { from: first, to: change ?? last, offset: offsetAt(zone, first) };
  const after = { from: change ?? last, to: last, offset: offsetAt(zone, last) };
  const parts = [before, after]
    .map(({ from, to, offset }) => ({ from: Math.max(from, opens - offset), to: Math.min(to, closes - offset) }))
    .filter(({ from, to }) => from < to);
  if (parts.length > 0 || change === undefined) return parts;
  return [{ from: change, to: change + closes - opens }];
}

/** The moment after `from`, up to `to`, at which the zone's offset changes; at most one is looked for. */
function changeBetween(zone: string, from: number, to: number): number | undefined {
  const target = offsetAt(zone, to);
  if (offsetAt(zone, from) === target) return undefined;
  let [before, after] = [from, to];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(zone, middle) === target) after = middle;
    else before = middle;
  }
  return after;
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
