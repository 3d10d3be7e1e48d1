/** When clusters may be disturbed, by the clock of one time zone. */
export type MaintenanceWindow = {
  /** IANA name, as in `Europe/Paris`. */
  readonly zone: string;
  /** Days it opens on, at least one: first those of every week, ascending, then those of a month. */
  readonly days: readonly (number | DayOfMonth)[];
  /** Minutes after midnight. An end at or before the start means the next day; at most a day long. */
  readonly startMinute: number;
  readonly endMinute: number;
};

/** `{ nth: "last", day: 0 }` is the last Sunday of a month. Days: 0 is Sunday, 6 Saturday. */
export type DayOfMonth = { readonly nth: Nth; readonly day: number };
export type Nth = (typeof nths)[number];

export type ParsedWindow =
  | { readonly outcome: "parsed"; readonly window: MaintenanceWindow }
  | { readonly outcome: "malformed"; readonly reason: string };

export const nths = ["first", "second", "third", "fourth", "last"] as const;
const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const windowPattern = /^(?:(?<zone>\S*\/\S+|UTC)\s+)?(?:(?<days>\S.*?)\s+)?(\d\d):(\d\d)-(\d\d):(\d\d)$/i;
const dayOfMonthPattern = /^(?<nth>[a-z]+)\s+(?<name>[a-z]+)\s+of\s+month$/;
const minutesPerDay = 1440;

/**
 * `Sat,Sun 01:00-05:00`, `Mon-Fri 22:00-04:00` (ends on the next day), `01:00-05:00` (every day), in UTC; with an IANA
 * zone in front by the clock there: `Europe/Paris Sat 01:00-05:00`. A day may be one of a month: `last Sun of month
 * 01:00-05:00`. `00:00-24:00` is a whole day.
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
  if (!days)
    return malformed(
      'the days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, ranges as in Mon-Fri, or "first Sun of month" (second, third, fourth, last), joined by commas',
    );
  const [startHour = 0, startMinutes = 0, endHour = 0, endMinutes = 0] = match.slice(3).map(Number);
  const startMinute = startHour * 60 + startMinutes;
  const endMinute = endHour * 60 + endMinutes;
  if (startMinutes > 59 || endMinutes > 59 || startMinute >= minutesPerDay || endMinute > minutesPerDay) {
    return malformed("times go from 00:00 to 24:00");
  }
  if (startMinute === endMinute) return malformed("start and end are the same; a whole day is 00:00-24:00");
  return { outcome: "parsed", window: { zone, days, startMinute, endMinute } };
}

/** What `parseWindow` reads as this window: weeks begin on Monday, and UTC goes without saying. */
export function windowText({ zone, days, startMinute, endMinute }: MaintenanceWindow): string {
  const parts = [
    ...(zone === "UTC" ? [] : [zone]),
    ...(isEveryDay(days) ? [] : [daysText(days)]),
    `${clock(startMinute)}-${clock(endMinute)}`,
  ];
  return parts.join(" ");
}

function isEveryDay(days: MaintenanceWindow["days"]): boolean {
  return days.length === dayNames.length && days.every((day) => typeof day === "number");
}

function daysText(days: MaintenanceWindow["days"]): string {
  const runs: { first: number; last: number }[] = [];
  for (const day of [1, 2, 3, 4, 5, 6, 0].filter((name) => days.includes(name))) {
    const run = runs.at(-1);
    if (run && (run.last + 1) % 7 === day) run.last = day;
    else runs.push({ first: day, last: day });
  }
  const ofWeek = runs.flatMap(({ first, last }) => {
    if (first === last) return nameOf(first);
    return [nameOf(first), nameOf(last)].join((first + 1) % 7 === last ? "," : "-");
  });
  const ofMonth = days.flatMap((day) => (typeof day === "number" ? [] : `${day.nth} ${nameOf(day.day)} of month`));
  return [...ofWeek, ...ofMonth].join(",");
}

/** 6 is `Sat`. */
function nameOf(day: number): string {
  const name = dayNames[day] ?? "";
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function clock(minutes: number): string {
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60];
  return [hour, minute].map((number) => String(number).padStart(2, "0")).join(":");
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

function parseDays(text: string): MaintenanceWindow["days"] | undefined {
  const ofWeek = new Set<number>();
  const ofMonth = new Map<string, DayOfMonth>();
  for (const part of text.toLowerCase().split(",")) {
    const monthly = parseDayOfMonth(part.trim());
    if (monthly) {
      ofMonth.set(`${monthly.nth} ${monthly.day}`, monthly);
      continue;
    }
    const ends = part
      .trim()
      .split("-")
      .map((name) => dayNames.indexOf(name));
    if (ends.length > 2 || ends.includes(-1)) return undefined;
    const [first = 0, last = first] = ends;
    for (let day = first; day !== last; day = (day + 1) % 7) ofWeek.add(day);
    ofWeek.add(last);
  }
  return [...[...ofWeek].sort((a, b) => a - b), ...ofMonth.values()];
}

function parseDayOfMonth(text: string): DayOfMonth | undefined {
  const { nth: word, name = "" } = dayOfMonthPattern.exec(text)?.groups ?? {};
  const nth = nths.find((known) => known === word);
  const day = dayNames.indexOf(name);
  return nth === undefined || day < 0 ? undefined : { nth, day };
}
