import type { Call, Reply } from "../kit/contract.ts";
import type { GraphError } from "./errors.ts";
import { pageOf, refusedOptions } from "./options.ts";
import { propertyOf, type EntityType } from "./properties.ts";

type Shown = Readonly<Record<string, unknown>>;
type Test = (item: Shown) => boolean;

/** What a list may show. Replicas are asked only for what the filter can mean, so that one caller's list decides nothing for another's. */
export interface Candidate {
  /** How replicas may show it: as it is, and as it was. */
  readonly versions: readonly Shown[];
  /** As the replica asked shows it; undefined where that does not know it. */
  read(): Shown | undefined;
}

interface List {
  readonly type: EntityType;
  readonly context: string;
  readonly items: readonly Candidate[];
  readonly error: GraphError;
}

/** Something every replica knows. */
export function known(item: Shown): Candidate {
  return { versions: [item], read: () => item };
}

/** A page of a collection as `$filter` and `$select` ask for it, or the refusal of what Graph does not understand. */
export function listed(call: Call, { type, context, items, error }: List): Reply {
  const refused = refusedOptions(call, "list", error);
  if (refused) return refused;
  const text = call.query("$filter");
  const filter = text === undefined ? { test: () => true } : filterOf(text, type);
  if (!filter) return error(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified.");
  if ("unknown" in filter)
    return error(400, "BadRequest", `Invalid filter clause: ${unknownWords(filter.unknown, type)}`);
  const names = namesSelected(call, type);
  if (names && "unknown" in names) return unknownSelected(names.unknown, type, error);
  const value = items
    .filter(({ versions }) => versions.some(filter.test))
    .map((candidate) => candidate.read())
    .filter((item) => item !== undefined)
    .filter(filter.test)
    .map((item) => chosen(item, names?.names));
  const page = pageOf(value, call, error);
  return "status" in page ? page : { status: 200, body: { "@odata.context": context, ...page } };
}

interface One {
  readonly type: EntityType;
  readonly item: Shown;
  readonly error: GraphError;
}

/** One object with what `$select` names. */
export function selected(call: Call, { type, item, error }: One): Reply {
  const refused = refusedOptions(call, "one", error);
  if (refused) return refused;
  const names = namesSelected(call, type);
  if (names && "unknown" in names) return unknownSelected(names.unknown, type, error);
  return { status: 200, body: chosen(item, names?.names) };
}

/** Does the list ask for one appId? */
export function namesAppId(call: Call): boolean {
  return /\b(appId\s+eq\s+'|servicePrincipalNames\/any)/i.test(call.query("$filter") ?? "");
}

type Unknown = { readonly unknown: string };

/** `$filter` of the forms real clients send, joined by `and`; undefined for any other. */
function filterOf(text: string, type: EntityType): { readonly test: Test } | Unknown | undefined {
  const tests: Test[] = [];
  for (const clause of text.split(/\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)/i)) {
    const found = clauseOf(clause);
    if (!found) return unknownIn(clause, type);
    const property = propertyOf(type, found.property);
    if (!property) return { unknown: found.property };
    tests.push((item) => found.holds(item[property]));
  }
  return { test: (item) => tests.every((one) => one(item)) };
}

/** In a clause that is not understood, a property that the type does not have. */
function unknownIn(clause: string, type: EntityType): Unknown | undefined {
  const [, name] = /^\s*(\w+)\s+(?:eq|ne|ge|gt|le|lt|in)\s/i.exec(clause) ?? [];
  return name === undefined || propertyOf(type, name) ? undefined : { unknown: name };
}

interface Clause {
  readonly property: string;
  readonly holds: (value: unknown) => boolean;
}

function clauseOf(text: string): Clause | undefined {
  const [, property, value] = /^\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*$/i.exec(text) ?? [];
  if (property) return { property, holds: (found) => sameText(found, unquoted(value)) };
  const [, started, prefix] = /^\s*startswith\(\s*(\w+)\s*,\s*'((?:[^']|'')*)'\s*\)\s*$/i.exec(text) ?? [];
  if (started) return { property: started, holds: (found) => textOf(found).startsWith(unquoted(prefix).toLowerCase()) };
  const [, list, wanted] = /^\s*(\w+)\/any\(\s*\w+\s*:\s*\w+\s+eq\s+'((?:[^']|'')*)'\s*\)\s*$/i.exec(text) ?? [];
  if (list) return { property: list, holds: (found) => listOf(found).some((one) => sameText(one, unquoted(wanted))) };
  return undefined;
}

function namesSelected(call: Call, type: EntityType): { readonly names: ReadonlySet<string> } | Unknown | undefined {
  const asked = call
    .query("$select")
    ?.split(",")
    .map((name) => name.trim());
  if (!asked || asked.includes("*")) return undefined;
  const unknown = asked.find((name) => !propertyOf(type, name));
  if (unknown !== undefined) return { unknown };
  return { names: new Set(asked.map((name) => propertyOf(type, name) ?? name)) };
}

function chosen(item: Shown, names: ReadonlySet<string> | undefined): Shown {
  if (!names) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => name.startsWith("@") || names.has(name)));
}

function unknownSelected(name: string, type: EntityType, error: GraphError): Reply {
  return error(400, "BadRequest", `Parsing OData Select and Expand failed: ${unknownWords(name, type)}`);
}

function unknownWords(name: string, type: EntityType): string {
  return `Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`;
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
