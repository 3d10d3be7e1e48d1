import { expression, readerOf, unexpected, type Evaluate, type Reader } from "./expressions.ts";
import { QueryError, tokensOf, type Token } from "./tokens.ts";
import { compare, own, textOf, type Row, type Value } from "./values.ts";

export interface Table {
  readonly columns: readonly string[];
  rows(): readonly Row[];
}

export interface Found {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** Azure gives no `$skipToken` for a query that says itself how many rows it wants. */
  readonly isLimited: boolean;
}

interface Stage {
  readonly columns: readonly string[];
  readonly isLimited?: boolean;
  run(rows: readonly Row[]): readonly Row[];
}

type Operator = (reader: Reader, columns: readonly string[], token: Token) => Stage;

/** Reads and runs a query over tables named in lower case. Throws QueryError. */
export function runQuery(query: string, tables: Readonly<Record<string, Table>>): Found {
  const reader = readerOf(tokensOf(query));
  const isImplied = reader.peek().kind === "name" && own(operators, reader.peek().text) !== undefined;
  const named = isImplied ? undefined : reader.name();
  const table = own(tables, named ? named.text.toLowerCase() : "resources");
  if (!table)
    throw new QueryError("UnknownTable", `Table ${named?.text} is invalid or unsupported`, named?.text ?? "", 0);
  let columns = table.columns;
  const stages: Stage[] = [];
  while (reader.peek().kind !== "end") {
    if (stages.length > 0 || named) reader.expect("|");
    const token = reader.name();
    const operator = own(operators, token.text);
    if (!operator)
      throw new QueryError(
        "UnsupportedOperator",
        `The operator '${token.text}' is not supported`,
        token.text,
        token.at,
      );
    const stage = operator(reader, columns, token);
    stages.push(stage);
    columns = stage.columns;
  }
  const rows = stages.reduce((all, stage) => stage.run(all), table.rows());
  return { columns, rows, isLimited: stages.some(({ isLimited }) => isLimited) };
}

const operators: Readonly<Record<string, Operator>> = {
  where,
  filter: where,
  extend,
  project,
  order: ordered,
  sort: ordered,
  limit,
  take: limit,
  summarize,
  distinct,
  count: () => ({ columns: ["Count"], run: (rows) => [{ Count: rows.length }] }),
};

function where(reader: Reader, columns: readonly string[]): Stage {
  const holds = expression(reader, new Set(columns));
  return { columns, run: (rows) => rows.filter((row) => holds(row) === true) };
}

interface Named {
  readonly name: string;
  readonly value: Evaluate;
}

/** `name = expression`, or an expression that names itself. */
function assignments(reader: Reader, columns: readonly string[]): readonly Named[] {
  const known = new Set(columns);
  const found: Named[] = [];
  do {
    const isNamed = reader.peek().kind === "name" && reader.peek(1).text === "=" && reader.peek(1).kind === "sign";
    const first = reader.peek();
    if (isNamed) {
      reader.next();
      reader.next();
    }
    const start = reader.position();
    const value = expression(reader, known);
    const taken = found.map(({ name }) => name);
    found.push({ name: isNamed ? first.text : ownName(reader.since(start), taken), value });
  } while (reader.take(","));
  return found;
}

const conversions = ["tostring", "toint", "tolong", "todouble", "tobool"];

/** `properties.a['b']`, and what only converts it, is called `properties_a_b`; anything else by a number. */
function ownName(tokens: readonly Token[], taken: readonly string[]): string {
  const [first, second] = tokens;
  const isConversion = first !== undefined && conversions.includes(first.text) && second?.text === "(";
  const path = isConversion ? tokens.slice(2, -1) : tokens;
  const names = path.filter(({ kind }) => kind !== "sign").map(({ text }) => text);
  const isPath = path[0]?.kind === "name" && path.every(({ kind, text }) => kind !== "sign" || ".[]".includes(text));
  return unlike(isPath ? names.join("_") : "Column", taken, isPath);
}

function unlike(name: string, taken: readonly string[], isPath: boolean): string {
  if (isPath && !taken.includes(name)) return name;
  let number = 1;
  while (taken.includes(`${name}${number}`)) number += 1;
  return `${name}${number}`;
}

function extend(reader: Reader, columns: readonly string[]): Stage {
  const added = assignments(reader, columns);
  return {
    columns: [...new Set([...columns, ...added.map(({ name }) => name)])],
    run: (rows) =>
      rows.map((row) => {
        const next: Record<string, Value> = { ...row };
        for (const { name, value } of added) next[name] = value(row);
        return next;
      }),
  };
}

function project(reader: Reader, columns: readonly string[]): Stage {
  const kept = assignments(reader, columns);
  return {
    columns: kept.map(({ name }) => name),
    run: (rows) =>
      rows.map((row) => {
        const next: Record<string, Value> = {};
        for (const { name, value } of kept) next[name] = value(row);
        return next;
      }),
  };
}

/** Descending where nothing is said, as in Kusto. */
function ordered(reader: Reader, columns: readonly string[]): Stage {
  reader.expect("by");
  const keys: { readonly value: Evaluate; readonly sign: 1 | -1 }[] = [];
  do {
    const value = expression(reader, new Set(columns));
    const isUp = reader.take("asc");
    if (!isUp) reader.take("desc");
    keys.push({ value, sign: isUp ? 1 : -1 });
  } while (reader.take(","));
  const run = (rows: readonly Row[]): readonly Row[] => {
    const keyed = rows.map((row) => ({ row, values: keys.map(({ value }) => value(row)) }));
    keyed.sort((one, other) => {
      for (const [index, { sign }] of keys.entries()) {
        const found = sign * compare(one.values[index] ?? null, other.values[index] ?? null);
        if (found !== 0) return found;
      }
      return 0;
    });
    return keyed.map(({ row }) => row);
  };
  return { columns, run };
}

function limit(reader: Reader, columns: readonly string[]): Stage {
  const token = reader.next();
  if (token.kind !== "number") throw unexpected(token, "a number of rows is expected");
  return { columns, isLimited: true, run: (rows) => rows.slice(0, Number(token.text)) };
}

function distinct(reader: Reader, columns: readonly string[]): Stage {
  const kept = assignments(reader, columns);
  const run = (rows: readonly Row[]): readonly Row[] => grouped(rows, kept).map(({ group }) => group);
  return { columns: kept.map(({ name }) => name), run };
}

/** `count()`, named or not, by whatever columns. */
function summarize(reader: Reader, columns: readonly string[]): Stage {
  const isNamed = reader.peek(1).text === "=";
  const name = isNamed ? reader.name().text : "count_";
  if (isNamed) reader.expect("=");
  const token = reader.name();
  if (token.text !== "count")
    throw new QueryError(
      "UnsupportedOperator",
      `The aggregation '${token.text}' is not supported`,
      token.text,
      token.at,
    );
  reader.expect("(");
  reader.expect(")");
  const by = reader.take("by") ? assignments(reader, columns) : [];
  return {
    columns: [...by.map((one) => one.name), name],
    run: (rows) =>
      by.length === 0
        ? [{ [name]: rows.length }]
        : grouped(rows, by).map(({ group, size }) => ({ ...group, [name]: size })),
  };
}

function grouped(rows: readonly Row[], by: readonly Named[]): readonly { group: Row; size: number }[] {
  const groups = new Map<string, { group: Row; size: number }>();
  for (const row of rows) {
    const group = Object.fromEntries(by.map(({ name, value }) => [name, value(row)]));
    const key = Object.values(group).map(textOf).join("\u0000");
    const found = groups.get(key) ?? { group, size: 0 };
    found.size += 1;
    groups.set(key, found);
  }
  return [...groups.values()];
}
