import { functions } from "./functions.ts";
import { QueryError, type Token } from "./tokens.ts";
import { boolOf, compare, isObject, numberOf, own, same, textOf, type Row, type Value } from "./values.ts";

export type Evaluate = (row: Row) => Value;

/** The tokens of a query, read from left to right. */
export interface Reader {
  peek(ahead?: number): Token;
  next(): Token;
  /** Takes the token if it is this sign or word. */
  take(text: string): boolean;
  expect(text: string): void;
  name(): Token;
  /** How many tokens have been read, and those from there on. */
  position(): number;
  since(position: number): readonly Token[];
}

export function readerOf(tokens: readonly Token[]): Reader {
  const end = tokens.at(-1) ?? { kind: "end", text: "", at: 0 };
  let index = 0;
  const peek = (ahead = 0): Token => tokens[index + ahead] ?? end;
  const next = (): Token => {
    const token = peek();
    index += 1;
    return token;
  };
  const take = (text: string): boolean => {
    const { kind, text: found } = peek();
    const isIt = (kind === "sign" || kind === "name") && found === text;
    if (isIt) index += 1;
    return isIt;
  };
  return {
    peek,
    next,
    take,
    position: () => index,
    since: (position) => tokens.slice(position, index),
    expect: (text) => {
      if (!take(text)) throw unexpected(peek(), `'${text}' is expected`);
    },
    name: () => (peek().kind === "name" ? next() : fail(peek(), "a name is expected")),
  };
}

export function unexpected({ text, at }: Token, message: string): QueryError {
  return new QueryError("ParserFailure", message, text || "<EOF>", at);
}

function fail(token: Token, message: string): never {
  throw unexpected(token, message);
}

/** Throws QueryError for what is not understood, and for columns that `columns` does not have. */
export function expression(reader: Reader, columns: ReadonlySet<string>): Evaluate {
  const left = conjunction(reader, columns);
  if (!reader.take("or")) return left;
  const right = expression(reader, columns);
  return (row) => boolOf(left(row)) === true || boolOf(right(row)) === true;
}

function conjunction(reader: Reader, columns: ReadonlySet<string>): Evaluate {
  const left = comparison(reader, columns);
  if (!reader.take("and")) return left;
  const right = conjunction(reader, columns);
  return (row) => boolOf(left(row)) === true && boolOf(right(row)) === true;
}

const lower = (value: Value): string => textOf(value).toLowerCase();
/** A whole word: what stands between signs. */
const hasWord = (value: Value, word: Value): boolean => {
  const escaped = lower(word).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, "u").test(lower(value));
};
const bothThere = (one: Value, other: Value): boolean => one !== null && other !== null;
const order = (one: Value, other: Value): number => {
  const [a, b] = [numberOf(one), numberOf(other)];
  return a !== null && b !== null ? a - b : compare(one, other);
};

const operators: Readonly<Record<string, (one: Value, other: Value) => boolean>> = {
  "==": same,
  "!=": (one, other) => !same(one, other),
  "=~": (one, other) => lower(one) === lower(other),
  "!~": (one, other) => lower(one) !== lower(other),
  "<": (one, other) => bothThere(one, other) && order(one, other) < 0,
  "<=": (one, other) => bothThere(one, other) && order(one, other) <= 0,
  ">": (one, other) => bothThere(one, other) && order(one, other) > 0,
  ">=": (one, other) => bothThere(one, other) && order(one, other) >= 0,
  has: hasWord,
  contains: (one, other) => lower(one).includes(lower(other)),
  startswith: (one, other) => lower(one).startsWith(lower(other)),
  endswith: (one, other) => lower(one).endsWith(lower(other)),
};

function comparison(reader: Reader, columns: ReadonlySet<string>): Evaluate {
  const left = primary(reader, columns);
  const sign = reader.peek();
  const isNegated = sign.text === "!" && reader.peek(1).kind === "name";
  const word = isNegated ? reader.peek(1).text : sign.text;
  if (word === "in") return membership(reader, columns, left, isNegated);
  const operator = sign.kind === "text" ? undefined : own(operators, word);
  if (!operator) return left;
  if (isNegated) reader.next();
  reader.next();
  const right = primary(reader, columns);
  return isNegated ? (row) => !operator(left(row), right(row)) : (row) => operator(left(row), right(row));
}

function membership(reader: Reader, columns: ReadonlySet<string>, left: Evaluate, isNegated: boolean): Evaluate {
  if (isNegated) reader.next();
  reader.next();
  const isAlike = reader.take("~") ? (one: Value, other: Value) => lower(one) === lower(other) : same;
  reader.expect("(");
  const wanted = listed(reader, columns);
  return (row) => wanted.some((one) => isAlike(left(row), one(row))) !== isNegated;
}

function listed(reader: Reader, columns: ReadonlySet<string>): readonly Evaluate[] {
  const found: Evaluate[] = [];
  if (reader.take(")")) return found;
  do found.push(expression(reader, columns));
  while (reader.take(","));
  reader.expect(")");
  return found;
}

function primary(reader: Reader, columns: ReadonlySet<string>): Evaluate {
  const token = reader.next();
  if (token.kind === "text") return () => token.text;
  if (token.kind === "number") return () => Number(token.text);
  if (token.kind === "sign" && token.text === "(") {
    const inner = expression(reader, columns);
    reader.expect(")");
    return inner;
  }
  if (token.kind !== "name") throw unexpected(token, "an expression is expected");
  if (token.text === "true" || token.text === "false") return () => token.text === "true";
  if (reader.take("(")) return functionCall(token, listed(reader, columns));
  if (!columns.has(token.text))
    throw new QueryError(
      "UnknownColumn",
      `Failed to resolve scalar expression named '${token.text}'`,
      token.text,
      token.at,
    );
  return steps(reader, (row) => own(row, token.text) ?? null);
}

function functionCall({ text, at }: Token, given: readonly Evaluate[]): Evaluate {
  const found = own(functions, text);
  if (!found) throw new QueryError("UnsupportedOperator", `The function '${text}' is not supported`, text, at);
  if (given.length < found.least || given.length > found.most)
    throw new QueryError("ParserFailure", `'${text}' does not take ${given.length} arguments`, text, at);
  return (row) => found.call(...given.map((one) => one(row)));
}

/** `.name`, `['name']`, `[0]`: nothing where there is nothing. */
function steps(reader: Reader, from: Evaluate): Evaluate {
  if (reader.take(".")) return steps(reader, member(from, reader.name().text));
  if (!reader.take("[")) return from;
  const { kind, text } = reader.next();
  reader.expect("]");
  return steps(reader, kind === "number" ? element(from, Number(text)) : member(from, text));
}

function member(from: Evaluate, name: string): Evaluate {
  return (row) => {
    const value = from(row);
    return isObject(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null;
  };
}

function element(from: Evaluate, index: number): Evaluate {
  return (row) => {
    const value = from(row);
    return Array.isArray(value) ? ((value as readonly Value[])[index] ?? null) : null;
  };
}
