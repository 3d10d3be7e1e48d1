import { HostError } from "../errors.ts";

/** A time zone. Wall-clock times are milliseconds since 1970 as if the zone were UTC. */
export interface Zone {
  readonly name: string;
  /** What the wall clock is ahead of UTC, in milliseconds. */
  readonly offset: (instant: number) => number;
  /** The instant of a wall-clock time, counted in standard time where the clock shows it twice or skips it. */
  readonly instant: (wall: number) => number;
  /** True where the clock shows this time twice. */
  readonly isTwice: (wall: number) => boolean;
}

const day = 86_400_000;

/** The app's WEBSITE_TIME_ZONE (an IANA name), or the zone of this machine. */
export function openZone(name = Intl.DateTimeFormat().resolvedOptions().timeZone): Zone {
  const offset = offsetsOf(name);
  // The offsets around a change, where there is one near; the smaller one is standard time.
  const near = (wall: number): [number, number] => {
    const [one, other] = [offset(wall - day), offset(wall + day)];
    return [Math.min(one, other), Math.max(one, other)];
  };
  const valid = (wall: number, shift: number): boolean => offset(wall - shift) === shift;
  return {
    name,
    offset,
    instant: (wall) => {
      const [standard, summer] = near(wall);
      return wall - (valid(wall, standard) || !valid(wall, summer) ? standard : summer);
    },
    isTwice: (wall) => {
      const [standard, summer] = near(wall);
      return standard !== summer && valid(wall, standard) && valid(wall, summer);
    },
  };
}

function offsetsOf(name: string): (instant: number) => number {
  const format = formatOf(name);
  if (format.resolvedOptions().timeZone === "UTC") return () => 0;
  return (instant) => {
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day: date, hour, minute, second } = parts;
    return Date.UTC(year, month - 1, date, hour, minute, second) - Math.floor(instant / 1000) * 1000;
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  try {
    const two = "2-digit";
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: two,
      day: two,
      hour: two,
      minute: two,
      second: two,
    });
  } catch {
    throw new HostError(`WEBSITE_TIME_ZONE: "${timeZone}" is no time zone; give an IANA name such as Europe/Berlin`);
  }
}

/** As .NET writes a local time: `2026-11-21T05:11:05.5Z`, with the offset outside UTC, no trailing zeros. */
export function isoText(instant: number, zone: Zone): string {
  const offset = zone.offset(instant);
  const text = new Date(instant + offset).toISOString().replace(/\.?0*Z$/, "");
  return text + offsetText(offset, zone.name === "UTC" ? "Z" : "+00:00");
}

/** `+02:00`, or `none` for no offset. */
export function offsetText(offset: number, none: string): string {
  if (offset === 0) return none;
  const minutes = Math.abs(offset) / 60_000;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
