import type { Call, Reply } from "../kit/contract.ts";
import { badRequest, type GraphError } from "./errors.ts";

const ofOne = ["$select"];
/** Of a list of objects of several types. */
const ofMixed = [...ofOne, "$top", "$skiptoken", "$count"];
const understood = {
  one: new Set(ofOne),
  mixed: new Set(ofMixed),
  list: new Set([...ofMixed, "$filter"]),
} as const;
/** Graph knows them, and this cloud does not: refused, since passing over them would be a wrong answer. */
const notHere = new Set(["$expand", "$filter", "$orderby", "$search"]);

/** Why what is asked of a list, or of one object, is not understood; undefined where it is. */
export function refusedOptions(call: Call, of: keyof typeof understood, error: GraphError): Reply | undefined {
  const name = [...call.url.searchParams.keys()].find((one) => !understood[of].has(one.toLowerCase()));
  if (name === undefined) return undefined;
  if (name.toLowerCase() === "$skip") return badRequest(error, "'$skip' is not supported by the service.");
  return notHere.has(name.toLowerCase())
    ? error(400, "Request_UnsupportedQuery", `Unsupported query option: '${name}'.`)
    : badRequest(error, `Unrecognized query argument specified: '${name}'.`);
}

const usualSize = 100;
const largestSize = 999;

/** The page that `$top` and `$skiptoken` ask for, with where the next one is, or the refusal. */
export function pageOf(items: readonly object[], call: Call, error: GraphError): object | Reply {
  const top = call.query("$top");
  if (top !== undefined && !/^\d{1,9}$/.test(top))
    return error(400, "BadRequest", `Invalid value '${top}' for $top query option found.`);
  const size = Number(top ?? usualSize);
  if (size < 1 || size > largestSize)
    return error(
      400,
      "Request_UnsupportedQuery",
      `Invalid page size specified: '${top}'. Must be between 1 and ${largestSize} inclusive.`,
    );
  const from = startOf(call.query("$skiptoken"));
  if (from === undefined)
    return error(
      400,
      "Directory_ExpiredPageToken",
      "The specified page token value has expired and can no longer be included in your request.",
    );
  const end = from + size;
  const isCounted = call.query("$count") === "true" && call.header("consistencylevel")?.toLowerCase() === "eventual";
  return {
    ...(isCounted && { "@odata.count": items.length }),
    ...(end < items.length && { "@odata.nextLink": addressOf(call, end) }),
    value: items.slice(from, end),
  };
}

/** A page of objects of several types: a name in `$select` that one of them does not have is passed over. */
export function mixedPage(
  call: Call,
  items: readonly Readonly<Record<string, unknown>>[],
  { error, graphUrl }: { readonly error: GraphError; readonly graphUrl: string },
): Reply {
  const refused = refusedOptions(call, "mixed", error);
  if (refused) return refused;
  const names = call.query("$select")?.toLowerCase().split(",");
  const isAsked = (name: string): boolean => name.startsWith("@") || !names || names.includes(name.toLowerCase());
  const shown = items.map((item) => Object.fromEntries(Object.entries(item).filter(([name]) => isAsked(name))));
  const page = pageOf(shown, call, error);
  if ("status" in page) return page;
  return { status: 200, body: { "@odata.context": `${graphUrl}/v1.0/$metadata#directoryObjects`, ...page } };
}

/** The token says how many items came before; undefined where it is none of ours. */
function startOf(token: string | undefined): number | undefined {
  if (token === undefined) return 0;
  const [, before] = /^from (\d+)$/.exec(Buffer.from(token, "base64url").toString("utf8")) ?? [];
  return before === undefined ? undefined : Number(before);
}

function addressOf({ url }: Call, from: number): string {
  const next = new URL(url);
  for (const name of [...next.searchParams.keys()])
    if (name.toLowerCase() === "$skiptoken") next.searchParams.delete(name);
  next.searchParams.set("$skiptoken", Buffer.from(`from ${from}`).toString("base64url"));
  return next.href;
}
