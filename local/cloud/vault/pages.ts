import type { Call, Reply } from "../kit/contract.ts";
import { badParameter } from "./errors.ts";

const largestPage = 25;

/** `maxresults` items and where the next ones are, as an opaque number in `$skiptoken`. */
export function pageOf(call: Call, items: readonly object[]): Reply {
  const size = Number(call.query("maxresults") ?? largestPage);
  if (!Number.isInteger(size) || size < 1 || size > largestPage)
    return badParameter(`The maxresults parameter has to be between 1 and ${largestPage}.`);
  const from = Number(call.query("$skiptoken") ?? 0);
  const next = new URL(call.url);
  next.searchParams.set("$skiptoken", String(from + size));
  const nextLink = from + size < items.length ? next.href : null;
  return { status: 200, body: { value: items.slice(from, from + size), nextLink } };
}
