/** A parsed NCRONTAB expression, over wall-clock time: milliseconds since 1970 as if the zone were UTC. */
export interface Cron {
  /** The expression as NCrontab writes it again: steps become lists, neighbours become ranges. */
  readonly text: string;
  /** The first time after `wall`, or undefined where none comes (30 February). */
  readonly next: (wall: number) => number | undefined;
}

interface Field {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const months = "January February March April May June July August September October November December".split(" ");
const weekdays = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const second: Field = { least: 0, most: 59 };
const fields: readonly Field[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: months },
  { least: 0, most: 6, names: weekdays },
];

/**
 * Five fields (minute to weekday) or six (with seconds). Day and weekday must both match, unlike in Unix cron; a range the
 * wrong way round is turned; there is no 7, `?`, `L`, `W`, `#` or `@daily`. Undefined when it cannot be read.
 */
export function parseCron(expression: string): Cron | undefined {
  const texts = expression.split(/\s+/).filter((text) => text !== "");
  if (texts.length !== 5 && texts.length !== 6) return undefined;
  const kinds = texts.length === 6 ? [second, ...fields] : fields;
  const sets: ReadonlySet<number>[] = [];
  for (const [index, kind] of kinds.entries()) {
    const set = parseField(texts[index] ?? "", kind);
    if (!set) return undefined;
    sets.push(set);
  }
  const text = kinds.map((kind, index) => written(sets[index] ?? new Set(), kind)).join(" ");
  const [seconds = new Set([0]), ...rest] = texts.length === 6 ? sets : [new Set([0]), ...sets];
  return { text, next: (wall) => next([seconds, ...rest], wall) };
}

function parseField(text: string, field: Field): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const item of text.split(",")) {
    const [, range = "", step] = /^([^/]+)(?:\/(\d+))?$/.exec(item) ?? [];
    const bounds = range === "*" ? ([field.least, field.most] as const) : parseRange(range, step !== undefined, field);
    if (!bounds) return undefined;
    const every = Math.max(Number(step ?? 1), 1);
    for (let value = Math.min(...bounds); value <= Math.max(...bounds); value += every) values.add(value);
  }
  return values;
}

/** `5` alone is one value, `5/10` goes on to the end. */
function parseRange(text: string, stepped: boolean, field: Field): readonly [number, number] | undefined {
  const [, from = "", to] = /^([^-]+)(?:-([^-]+))?$/.exec(text) ?? [];
  const first = parseValue(from, field);
  const last = to === undefined ? (stepped ? field.most : first) : parseValue(to, field);
  return first === undefined || last === undefined ? undefined : [first, last];
}

/** A number, or the start of a name: `Mon`, `monday`, even `M`. */
function parseValue(text: string, { least, most, names = [] }: Field): number | undefined {
  const index = names.findIndex((name) => text !== "" && name.toLowerCase().startsWith(text.toLowerCase()));
  const value = /^\d+$/.test(text) ? Number(text) : index < 0 ? -1 : index + least;
  return value >= least && value <= most ? value : undefined;
}

function written(values: ReadonlySet<number>, { least, most }: Field): string {
  if (values.size === most - least + 1) return "*";
  const runs: [number, number][] = [];
  for (const value of [...values].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && run[1] === value - 1) run[1] = value;
    else runs.push([value, value]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}

/** No day of any month and weekday is further away than this. */
const yearsToSearch = 100;

function next(sets: readonly ReadonlySet<number>[], wall: number): number | undefined {
  const [seconds, minutes, hours, days, monthsOfYear, daysOfWeek] = sets;
  const at = new Date((Math.floor(wall / 1000) + 1) * 1000);
  const lastYear = at.getUTCFullYear() + yearsToSearch;
  while (at.getUTCFullYear() <= lastYear) {
    if (!monthsOfYear?.has(at.getUTCMonth() + 1)) {
      at.setUTCMonth(at.getUTCMonth() + 1, 1);
      at.setUTCHours(0, 0, 0);
    } else if (!days?.has(at.getUTCDate()) || !daysOfWeek?.has(at.getUTCDay())) at.setUTCHours(24, 0, 0);
    else if (!hours?.has(at.getUTCHours())) at.setUTCHours(at.getUTCHours() + 1, 0, 0);
    else if (!minutes?.has(at.getUTCMinutes())) at.setUTCMinutes(at.getUTCMinutes() + 1, 0);
    else if (!seconds?.has(at.getUTCSeconds())) at.setUTCSeconds(at.getUTCSeconds() + 1);
    else return at.getTime();
  }
  return undefined;
}
