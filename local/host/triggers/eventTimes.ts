import { offsetText, type Zone } from "./zone.ts";

const time = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Times in an event as a function gets them: the extension reads texts that look like a full time as such and writes them
 * again, without trailing zeros of the fraction and with an offset turned into that of the host.
 */
export function rewriteTimes(value: unknown, zone: Zone): unknown {
  if (typeof value === "string") return rewriteTime(value, zone);
  if (Array.isArray(value)) return value.map((item) => rewriteTimes(item, zone));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewriteTimes(item, zone)]));
}

function rewriteTime(text: string, zone: Zone): string {
  const [, seconds, digits = "", end = ""] = time.exec(text) ?? [];
  const local = seconds === undefined ? Number.NaN : Date.parse(`${seconds}Z`);
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 19) !== seconds) return text;
  // .NET keeps ten millionths of a second.
  const kept = digits.slice(0, 7).replace(/0+$/, "");
  const fraction = kept && `.${kept}`;
  if (end === "" || end === "Z") return seconds + fraction + end;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(end) ?? [];
  const given = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60_000 : 60_000);
  const instant = local - given;
  const offset = zone.offset(instant);
  return new Date(instant + offset).toISOString().slice(0, 19) + fraction + offsetText(offset, "+00:00");
}
