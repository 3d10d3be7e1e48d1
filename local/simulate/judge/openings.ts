/** When a maintenance window is open, read anew from its text: what the app makes of it is what is judged. */

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const minuteInMs = 60_000;

/** Does the local clock read a time inside the window `[Zone] [days] HH:MM-HH:MM`? */
export function isOpenAt(window: string, at: string): boolean {
  const form =
    /^(?:([A-Za-z]+\/[A-Za-z_]+) )?(?:(first) )?(?:([A-Z][a-z]{2}(?:[-,][A-Z][a-z]{2})*) )?(?:of month )?(\d\d):(\d\d)-(\d\d):(\d\d)$/;
  const found = form.exec(window);
  if (!found) throw new Error(`cannot read the window "${window}"`);
  const [, zone = "UTC", first, named, fromHour, fromMinute, toHour, toMinute] = found;
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = Number(toHour) * 60 + Number(toMinute);
  const isDay = (date: Date): boolean =>
    (named === undefined || daysIn(named).includes(date.getUTCDay())) &&
    (first === undefined || date.getUTCDate() <= 7);
  return localTimes(new Date(at), zone).some((local) => {
    const minutes = local.getUTCHours() * 60 + local.getUTCMinutes();
    const yesterday = new Date(local.getTime() - 1440 * minuteInMs);
    if (from < to) return isDay(local) && minutes >= from && minutes < to;
    return (isDay(local) && minutes >= from) || (isDay(yesterday) && minutes < to);
  });
}

/** Where clocks have just been put forward also the time they would read without: what is skipped comes at the end of the gap. */
function localTimes(at: Date, zone: string): readonly Date[] {
  const offset = offsetInMs(at, zone);
  const before = offsetInMs(new Date(at.getTime() - 180 * minuteInMs), zone);
  const local = new Date(at.getTime() + offset);
  return before < offset ? [local, new Date(at.getTime() + before)] : [local];
}

function offsetInMs(at: Date, timeZone: string): number {
  const options = { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const shown = new Intl.DateTimeFormat("en-US", { ...options, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const part = Object.fromEntries(shown.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at.getTime() / 1000) * 1000;
}

function daysIn(text: string): readonly number[] {
  return text.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map((name) => days.indexOf(name));
    return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => (from + index) % 7);
  });
}
