import { tokenize, type Token } from "./conditionTokens.ts";

/**
 * The part of Azure's condition language (version 2.0) that role assignments of this cloud may use: ActionMatches,
 * string and guid comparisons of @Request and @Resource attributes, AND, OR, NOT.
 * Source: learn.microsoft.com/azure/role-based-access-control/conditions-format
 */
export type Condition =
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | { readonly kind: "action"; readonly pattern: string }
  | {
      readonly kind: "compare";
      readonly source: "Request" | "Resource";
      readonly attribute: string;
      readonly operator: Operator;
      readonly values: readonly string[];
    };

const operators = [
  "GuidEquals",
  "GuidNotEquals",
  "StringEquals",
  "StringNotEquals",
  "StringEqualsIgnoreCase",
  "StringNotEqualsIgnoreCase",
  "StringStartsWith",
  "StringStartsWithIgnoreCase",
  "StringLike",
  "StringLikeIgnoreCase",
] as const;
export type Operator = (typeof operators)[number];

/** Throws an Error that says where the text stops making sense. */
export function parseCondition(text: string): Condition {
  const at = cursorOver(tokenize(text));
  const whole = either(at);
  const rest = at.peek();
  if (rest) throw new Error(`unexpected ${rest.text} at character ${rest.at}`);
  return whole;
}

interface Cursor {
  peek(): Token | undefined;
  take(): Token;
  /** Takes the next token if it is one of these words or marks. */
  takeIf(...words: readonly string[]): boolean;
  expect(mark: string): void;
}

function cursorOver(tokens: readonly Token[]): Cursor {
  let position = 0;
  const peek = (): Token | undefined => tokens[position];
  const take = (): Token => {
    const token = peek();
    if (!token) throw new Error("the condition ends too early");
    position += 1;
    return token;
  };
  const takeIf = (...words: readonly string[]): boolean => {
    const token = peek();
    const isOne = token !== undefined && token.kind !== "string" && words.includes(token.text.toUpperCase());
    if (isOne) position += 1;
    return isOne;
  };
  const expect = (mark: string): void => {
    const found = peek();
    if (!takeIf(mark)) throw new Error(`expected ${mark} at character ${found?.at ?? "the end"}`);
  };
  return { peek, take, takeIf, expect };
}

function either(at: Cursor): Condition {
  return chain("or", ["OR", "||"], both, at);
}

function both(at: Cursor): Condition {
  return chain("and", ["AND", "&&"], single, at);
}

function chain(kind: "and" | "or", words: readonly string[], next: (at: Cursor) => Condition, at: Cursor): Condition {
  const first = next(at);
  const parts = [first];
  while (at.takeIf(...words)) parts.push(next(at));
  return parts.length === 1 ? first : { kind, parts };
}

function single(at: Cursor): Condition {
  if (at.takeIf("!", "NOT")) return { kind: "not", part: single(at) };
  if (at.takeIf("(")) {
    const inside = either(at);
    at.expect(")");
    return inside;
  }
  if (at.takeIf("ACTIONMATCHES")) return { kind: "action", pattern: only(valuesInBraces(at)) };
  const token = at.take();
  if (token.kind === "attribute") return comparison(token, at);
  throw new Error(`unexpected ${token.text} at character ${token.at}`);
}

function comparison(token: Token, at: Cursor): Condition {
  const [source, attribute] = sourceOf(token);
  const name = at.take();
  const operator = operators.find((one) => one === name.text.replace(/^ForAnyOfAnyValues:/, ""));
  if (!operator) throw new Error(`unknown operator ${name.text} at character ${name.at}`);
  const isList = at.peek()?.kind === "mark";
  return { kind: "compare", source, attribute, operator, values: isList ? valuesInBraces(at) : [at.take().text] };
}

function valuesInBraces(at: Cursor): string[] {
  at.expect("{");
  const values = [at.take().text];
  while (at.takeIf(",")) values.push(at.take().text);
  at.expect("}");
  return values;
}

function only(values: readonly string[]): string {
  const [value] = values;
  if (value === undefined || values.length > 1) throw new Error("ActionMatches takes one action");
  return value;
}

function sourceOf({ text, at }: Token): ["Request" | "Resource", string] {
  const found = /^@(Request|Resource)\[(.+)\]$/.exec(text);
  if (!found?.[1] || !found[2]) throw new Error(`unknown attribute source ${text} at character ${at}`);
  return [found[1] === "Request" ? "Request" : "Resource", found[2].trim()];
}
