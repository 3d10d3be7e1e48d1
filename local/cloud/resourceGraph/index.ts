import { randomUUID } from "node:crypto";
import { bodyOf, objectAt, textAt, type JsonObject } from "../armKit/body.ts";
import { requireRight, type ArmCall, type ArmRoute } from "../armKit/guard.ts";
import { errorReply, json } from "../armKit/replies.ts";
import { Refusal } from "../armKit/refusal.ts";
import { managementGroupPath } from "../armKit/hierarchy.ts";
import type { ResourceType } from "../armKit/versions.ts";
import type { Reply } from "../kit/contract.ts";
import { runQuery, type Found } from "./query.ts";
import { hasAnyAccess, tablesFor, type Sources } from "./tables.ts";
import { QueryError } from "./tokens.ts";

const resourceGraph: ResourceType = {
  namespace: "Microsoft.ResourceGraph",
  type: "resources",
  versions: ["2024-04-01", "2022-10-01", "2021-03-01"],
};

/** The largest page, and the one where nothing is said. */
const mostRows = 1000;

/** Resource Graph: a part of Kusto over what the caller may read. What it understands stands in README.md. */
export function resourceGraphRoutes(sources: Sources): ArmRoute[] {
  const kept = keptResults();
  return [
    {
      method: "POST",
      path: "/providers/Microsoft.ResourceGraph/resources",
      operation: "Resources",
      type: resourceGraph,
      handle: (call) => {
        try {
          return answer(call, sources, kept);
        } catch (error) {
          if (error instanceof QueryError) return invalidQuery(error);
          throw error;
        }
      },
    },
  ];
}

/** Results whose next pages somebody may still ask for: the pages of one query show one moment, and are found once. */
interface KeptResults {
  keep(asked: string, found: Found): string;
  find(id: string | undefined, asked: string): Found | undefined;
}
const mostKept = 16;

function keptResults(): KeptResults {
  const kept = new Map<string, { readonly asked: string; readonly found: Found }>();
  return {
    keep(asked, found) {
      const id = randomUUID();
      kept.set(id, { asked, found });
      // A map remembers the order: the first is the oldest.
      for (const oldest of kept.keys()) if (kept.size > mostKept) kept.delete(oldest);
      return id;
    },
    find(id, asked) {
      const one = id === undefined ? undefined : kept.get(id);
      return one?.asked === asked ? one.found : undefined;
    },
  };
}

function answer(call: ArmCall, sources: Sources, kept: KeptResults): Reply {
  const body = bodyOf(call);
  const query = textAt(body, "query");
  if (query === undefined || query.trim() === "") throw new Refusal("BadRequest", "Query is missing or empty.");
  const page = pageIn(objectAt(body, "options") ?? {});
  const subscriptions = subscriptionsIn(body, call, sources);
  // Whose question it was belongs to it: a token is of no use to anybody else.
  const asked = JSON.stringify([call.principal.objectId, query, [...subscriptions]]);
  const before = kept.find(page.result, asked);
  if (before) return json(shown(before, page, () => page.result));
  const tables = tablesFor(sources, call.principal, subscriptions);
  const found = runQuery(query, tables);
  if (found.rows.length === 0 && !hasAnyAccess(tables))
    requireRight(sources.rights, call.principal, "Microsoft.Resources/subscriptions/resources/read", "/");
  return json(shown(found, page, () => kept.keep(asked, found)));
}

/** Those of the caller's tenant; of the ones named, if any are. Others are passed over in silence, as in life. */
function subscriptionsIn(body: JsonObject, { tenantId }: ArmCall, sources: Sources): ReadonlySet<string> {
  const { catalog, hierarchy } = sources;
  const own = catalog.subscriptions.filter((one) => one.tenantId === tenantId).map(({ id }) => id);
  const [wanted, groups] = [namesIn(body, "subscriptions"), namesIn(body, "managementGroups")];
  if (wanted.length === 0 && groups.length === 0) return new Set(own);
  const isIn = (id: string): boolean =>
    groups.some((group) => hierarchy.covers(`${managementGroupPath}/${group}`, `/subscriptions/${id}`));
  return new Set(own.filter((id) => wanted.includes(id) || isIn(id)));
}

function namesIn(body: JsonObject, name: string): readonly string[] {
  const given = body[name];
  return Array.isArray(given) ? given.map((one) => String(one).toLowerCase()) : [];
}

interface Page {
  readonly from: number;
  readonly size: number;
  readonly asTable: boolean;
  /** The kept result this page is of. */
  readonly result: string | undefined;
}

function pageIn(options: JsonObject): Page {
  const token = textAt(options, "$skipToken");
  const kept = token === undefined ? undefined : fromToken(token);
  const size = wholeNumber(options, "$top", 1, mostRows) ?? kept?.size ?? mostRows;
  const from = wholeNumber(options, "$skip", 0, Number.MAX_SAFE_INTEGER) ?? kept?.from ?? 0;
  return { from, size, asTable: textAt(options, "resultFormat") === "table", result: kept?.result };
}

function wholeNumber(options: JsonObject, name: string, least: number, most: number): number | undefined {
  const value = options[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most)
    throw new Refusal("BadRequest", `The value of '${name}' must be a whole number from ${least} to ${most}.`);
  return value;
}

interface Token {
  readonly from: number;
  readonly size: number;
  readonly result: string | undefined;
}

function toToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString("base64");
}

function fromToken(text: string): Token {
  try {
    const { from, size, result } = JSON.parse(Buffer.from(text, "base64").toString("utf8")) as Record<string, unknown>;
    const isOurs = Number.isInteger(from) && Number.isInteger(size) && Number(from) >= 0 && Number(size) >= 1;
    if (isOurs && Number(size) <= mostRows) {
      return { from: Number(from), size: Number(size), result: typeof result === "string" ? result : undefined };
    }
  } catch {
    // Not ours: refused below, as any other text would be.
  }
  throw new Refusal("BadRequest", "The provided skip token is invalid.");
}

/** `keep` is asked for the result's id when there are more pages. */
function shown(
  { columns, rows, isLimited }: Found,
  { from, size, asTable }: Page,
  keep: () => string | undefined,
): object {
  const page = rows.slice(from, from + size);
  const isTruncated = rows.length > from + size;
  return {
    totalRecords: rows.length,
    count: page.length,
    data: asTable
      ? {
          columns: columns.map((name) => ({ name, type: typeIn(page[0]?.[name]) })),
          rows: page.map((row) => columns.map((name) => row[name] ?? null)),
        }
      : page,
    facets: [],
    resultTruncated: String(isTruncated),
    ...(isTruncated && !isLimited && { $skipToken: toToken({ from: from + size, size, result: keep() }) }),
  };
}

function typeIn(value: unknown): string {
  if (typeof value === "number") return "integer";
  if (typeof value === "boolean") return "boolean";
  return typeof value === "string" ? "string" : "object";
}

/** Says which token was the trouble, and where. */
function invalidQuery({ code, message, token, at }: QueryError): Reply {
  const refused = errorReply(400, "BadRequest", "Please provide below info when asking for support.");
  const invalid =
    "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.";
  const details = [
    { code: "InvalidQuery", message: invalid },
    { code, message, characterPositionInLine: at, token },
  ];
  const { error } = refused.body as { error: object };
  return { ...refused, body: { error: { ...error, details } } };
}
