/** AKS' own maintenance schedule of a cluster, and which moments lie in it. */
import { isDayOfMonth, openingsBetween, type Opening } from "./openings.ts";
import type { Instant } from "./time.ts";
import type { MaintenanceWindow, Nth } from "./window.ts";

/** One maintenance configuration. AKS' windows know a fixed offset from UTC only, no time zone. */
export type AksSchedule = {
  /** `default`, `aksManagedAutoUpgradeSchedule`, `aksManagedNodeOSUpgradeSchedule`. */
  readonly name: string;
  /** Hours of the week in UTC; the days go from 0, Sunday, to 6. */
  readonly hours: readonly { readonly day: number; readonly hour: number }[];
  readonly window: AksWindow | null;
  readonly notAllowed: readonly { readonly from: Instant; readonly to: Instant }[];
};
export type AksWindow = {
  readonly repeats: Repeats;
  readonly startMinute: number;
  readonly durationInHours: number;
  /** What its clock is ahead of UTC. */
  readonly offsetInMinutes: number;
  /** Midnight of the first day, as if the offset were none; null: it holds already. */
  readonly startsOn: Instant | null;
};
/** Every so many days, weeks or months. */
export type Repeats =
  | { readonly unit: "day"; readonly interval: number }
  | { readonly unit: "week"; readonly interval: number; readonly day: number }
  | { readonly unit: "date"; readonly interval: number; readonly date: number }
  | { readonly unit: "month"; readonly interval: number; readonly day: number; readonly nth: Nth };

type Part = { readonly from: number; readonly to: number };

const minuteInMs = 60_000;
const hourInMs = 3_600_000;
const dayInMs = 86_400_000;

/** The openings of a window that do not lie wholly in a schedule, of all that begin between two moments. */
export function openingsOutside(
  window: MaintenanceWindow,
  schedule: AksSchedule,
  [from, to]: readonly [Instant, Instant],
): { readonly outside: readonly Opening[]; readonly all: readonly Opening[] } {
  const all = openingsBetween(window, from, to);
  const open = slotsOf(schedule, new Date(from).getTime() - dayInMs, new Date(to).getTime() + dayInMs);
  const closed = schedule.notAllowed.map((span) => partOf(span.from, span.to));
  const isInside = ({ opensAt, closesAt }: Opening): boolean => {
    const part = partOf(opensAt, closesAt);
    const isAllowed = open === "always" || open.some((slot) => slot.from <= part.from && part.to <= slot.to);
    return isAllowed && !closed.some((span) => span.from < part.to && part.from < span.to);
  };
  return { outside: all.filter((opening) => !isInside(opening)), all };
}

function partOf(from: Instant, to: Instant): Part {
  return { from: new Date(from).getTime(), to: new Date(to).getTime() };
}

/** A configuration may name only what is not allowed. */
function slotsOf({ hours, window }: AksSchedule, first: number, last: number): readonly Part[] | "always" {
  if (hours.length === 0 && window === null) return "always";
  const slots = daysBetween(first, last).flatMap((day) => [
    ...hours
      .filter((one) => one.day === new Date(day).getUTCDay())
      .map(({ hour }) => ({ from: day + hour * hourInMs, to: day + (hour + 1) * hourInMs })),
    ...(window && opensOn(window, day) ? [slotOn(window, day)] : []),
  ]);
  return joined(slots);
}

/** Midnights in UTC, with a day to spare on both sides for other offsets. */
function daysBetween(first: number, last: number): readonly number[] {
  const [from, to] = [Math.floor(first / dayInMs) - 1, Math.ceil(last / dayInMs) + 1];
  return Array.from({ length: to - from + 1 }, (_, index) => (from + index) * dayInMs);
}

function slotOn({ startMinute, offsetInMinutes, durationInHours }: AksWindow, day: number): Part {
  const from = day + (startMinute - offsetInMinutes) * minuteInMs;
  return { from, to: from + durationInHours * hourInMs };
}

/** Hours that follow each other are one slot. */
function joined(slots: readonly Part[]): readonly Part[] {
  const found: Part[] = [];
  for (const slot of [...slots].sort((a, b) => a.from - b.from)) {
    const before = found.at(-1);
    if (before && slot.from <= before.to)
      found[found.length - 1] = { from: before.from, to: Math.max(before.to, slot.to) };
    else found.push(slot);
  }
  return found;
}

/** Every second week, or month, is counted from the first day. Where that is not told, nobody knows which: each may be one. */
function opensOn({ repeats, startsOn }: AksWindow, day: number): boolean {
  const first = startsOn === null ? null : new Date(startsOn).getTime();
  if (first !== null && day < first) return false;
  const date = new Date(day);
  const isTurn = (passed: (from: number) => number): boolean =>
    first === null || passed(first) % repeats.interval === 0;
  switch (repeats.unit) {
    case "day":
      return isTurn((from) => Math.floor((day - from) / dayInMs));
    case "week":
      return date.getUTCDay() === repeats.day && isTurn((from) => Math.floor((day - from) / (7 * dayInMs)));
    case "date":
      return date.getUTCDate() === repeats.date && isTurn((from) => monthsBetween(from, day));
    default:
      return isDayOfMonth(repeats, date) && isTurn((from) => monthsBetween(from, day));
  }
}

function monthsBetween(from: number, to: number): number {
  const [first, last] = [new Date(from), new Date(to)];
  return (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth();
}
