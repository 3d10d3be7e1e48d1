import { parseCron, type Cron } from "./ncrontab.ts";
import type { Zone } from "./zone.ts";

export interface Schedule {
  readonly adjustForDst: boolean;
  /** More than one run a minute: nothing of it is remembered over restarts. */
  readonly frequent: boolean;
  /** The first run after an instant (milliseconds since 1970), or undefined where none ever comes. */
  readonly next: (instant: number) => number | undefined;
}

/** A NCRONTAB expression, or the text of a .NET TimeSpan as a constant interval. Undefined when it is neither. */
export function parseSchedule(text: string, zone: Zone): Schedule | undefined {
  const cron = parseCron(text);
  if (cron) return cronSchedule(cron, zone);
  const interval = parseTimeSpan(text);
  if (interval === undefined || interval <= 0) return undefined;
  return { adjustForDst: false, frequent: interval < 60_000, next: (instant) => instant + interval };
}

/** The text of a .NET TimeSpan in milliseconds: `[-]d`, `[-][d.]hh:mm[:ss[.fffffff]]`, `[-]d:hh:mm:ss`. */
export function parseTimeSpan(text: string): number | undefined {
  const dotted = text.trim().replace(/^(-?\d+):(?=\d+:\d+:\d)/, "$1.");
  const wholeDays = /^-?\d+$/.test(dotted) ? `${dotted}.0:0` : dotted;
  const found = /^(-?)(?:(\d+)\.)?(\d+):(\d+)(?::(\d+(?:\.\d{1,7})?))?$/.exec(wholeDays);
  if (!found) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(2).map((part) => Number(part ?? 0));
  if (hours > 23 || minutes > 59 || seconds >= 60) return undefined;
  const total = ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000;
  return found[1] === "-" ? -total : total;
}

function cronSchedule(cron: Cron, zone: Zone): Schedule {
  const times = cron.text.split(" ");
  const [seconds = "0", ...rest] = times.length === 6 ? times : ["0", ...times];
  // As the timer trigger tells them apart: by the expression as its parser writes it again.
  const interval = times.slice(0, times.length - 3).some((field) => /[*/-]/.test(field));
  return {
    adjustForDst: true,
    frequent: rest.every((field) => field === "*") && /[*,-]/.test(seconds),
    next: (instant) => following(cron, zone, instant, interval),
  };
}

/**
 * Where the clock goes back, a schedule of intervals goes on through the repeated hour, and a point in time comes once, the
 * first time; where it goes forward, a skipped time comes an hour later by the clock.
 */
function following(cron: Cron, zone: Zone, instant: number, interval: boolean): number | undefined {
  const nowOffset = zone.offset(instant);
  const now = instant + nowOffset;
  const wall = cron.next(now);
  if (wall === undefined) return undefined;
  const next = zone.instant(wall);
  const shift = zone.offset(next) - nowOffset;
  const nextTwice = zone.isTwice(wall);
  if (!interval && nextTwice && shift === 0) {
    // In the second of two hours: it has run in the first.
    let later: number | undefined = wall;
    while (later !== undefined && zone.isTwice(later)) later = cron.next(later);
    return later === undefined ? undefined : zone.instant(later);
  }
  const acrossTwice = interval ? nextTwice || zone.isTwice(now) : nextTwice;
  return acrossTwice && shift !== 0 ? next + shift : next;
}
