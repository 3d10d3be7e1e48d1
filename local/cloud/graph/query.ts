import type { Call, Reply } from "../kit/contract.ts";
import type { GraphError } from "./errors.ts";

type Shown = Readonly<Record<string, unknown>>;

/** A collection as `$filter` and `$select` ask for it, or the refusal of a filter nobody understands. */
export function listed(call: Call, context: string, items: readonly Shown[], error: GraphError): Reply {
  const text = call.query("$filter");
  const matches = text === undefined ? () => true : filterOf(text);
  if (!matches) return error(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified.");
  const value = items.filter(matches).map((item) => selected(call, item));
  return { status: 200, body: { "@odata.context": context, value } };
}

/** `$filter` of the forms real clients send; undefined for any other. */
function filterOf(text: string): ((item: Shown) => boolean) | undefined {
  const [, property, value] = /^\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*$/i.exec(text) ?? [];
  if (property) return (item) => sameText(item[property], unquoted(value));
  const [, started, prefix] = /^\s*startswith\(\s*(\w+)\s*,\s*'((?:[^']|'')*)'\s*\)\s*$/i.exec(text) ?? [];
  if (started) return (item) => textOf(item[started]).startsWith(unquoted(prefix).toLowerCase());
  const [, list, wanted] = /^\s*(\w+)\/any\(\s*\w+\s*:\s*\w+\s+eq\s+'((?:[^']|'')*)'\s*\)\s*$/i.exec(text) ?? [];
  if (list) return (item) => listOf(item[list]).some((one) => sameText(one, unquoted(wanted)));
  return undefined;
}

/** What `$select` names, if it is there. */
export function selected(call: Call, item: Shown): Shown {
  const names = call
    .query("$select")
    ?.split(",")
    .map((name) => name.trim());
  if (!names) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => name.startsWith("@") || names.includes(name)));
}

function unquoted(text = ""): string {
  return text.replaceAll("''", "'");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.toLowerCase() : "";
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function sameText(value: unknown, text: string): boolean {
  return typeof value === "string" && value.toLowerCase() === text.toLowerCase();
}
