import { Refusal } from "../armKit/refusal.ts";

/**
 * `$filter` of roles and assignments: `name eq 'value'`, `name('value')` and `name()`, joined by `and`.
 * Answers lower-case names with their values, `""` where there is none. Throws Refusal for anything else.
 */
export function parseFilter(text: string | undefined, known: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (text === undefined || text.trim() === "") return found;
  for (const part of text.split(/\s+and\s+/i)) {
    const parsed = /^\s*(\w+)\s*(?:\(\s*(?:'((?:[^']|'')*)')?\s*\)|eq\s+'((?:[^']|'')*)')\s*$/i.exec(part);
    const name = parsed?.[1];
    if (!name || !known.some((one) => one.toLowerCase() === name.toLowerCase()))
      throw new Refusal("InvalidFilterInQueryString", `Invalid $filter '${text}' specified in the query string.`);
    found.set(name.toLowerCase(), (parsed[2] ?? parsed[3] ?? "").replaceAll("''", "'"));
  }
  return found;
}
