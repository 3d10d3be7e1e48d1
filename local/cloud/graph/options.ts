import type { Call, Reply } from "../kit/contract.ts";
import { badRequest, type GraphError } from "./errors.ts";

const ofOne = new Set(["$select"]);
const ofLists = new Set(["$filter", "$select", "$top", "$skiptoken", "$count"]);
/** Graph knows them, and this cloud does not: refused, since passing over them would be a wrong answer. */
const notHere = new Set(["$expand", "$orderby", "$search"]);

/** Why what is asked of a list, or of one object, is not understood; undefined where it is. */
export function refusedOptions(call: Call, of: "one" | "list", error: GraphError): Reply | undefined {
  const understood = of === "one" ? ofOne : ofLists;
  const name = [...call.url.searchParams.keys()].find((one) => !understood.has(one.toLowerCase()));
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
