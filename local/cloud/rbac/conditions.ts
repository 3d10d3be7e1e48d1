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
  const tokens = tokenize(text);
  let position = 0;

  const peek = (): Token | undefined => tokens[position];
  const isWord = (token: Token | undefined, ...words: string[]): boolean =>
    token !== undefined && token.kind !== "string" && words.includes(token.text.toUpperCase());
  const take = (): Token => {
    const token = peek();
    if (!token) throw new Error("the condition ends too early");
    position += 1;
    return token;
  };
  const expect = (text: string): void => {
    const token = take();
    if (token.text !== text || token.kind === "string")
      throw new Error(`expected ${text} at character ${token.at}, found ${token.text}`);
  };
  const chain = (kind: "and" | "or", words: readonly string[], next: () => Condition): Condition => {
    const parts = [next()];
    while (isWord(peek(), ...words)) {
      position += 1;
      parts.push(next());
    }
    const [only] = parts;
    return parts.length === 1 && only ? only : { kind, parts };
  };
  const either = (): Condition => chain("or", ["OR", "||"], both);
  const both = (): Condition => chain("and", ["AND", "&&"], single);
  const single = (): Condition => {
    const token = take();
    if (isWord(token, "!", "NOT")) return { kind: "not", part: single() };
    if (token.kind === "mark" && token.text === "(") {
      const inside = either();
      expect(")");
      return inside;
    }
    if (token.text === "ActionMatches") return { kind: "action", pattern: only(valuesInBraces()) };
    if (token.kind === "attribute") return comparison(token);
    throw new Error(`unexpected ${token.text} at character ${token.at}`);
  };
  const comparison = (token: Token): Condition => {
    const [source, attribute] = sourceOf(token);
    const name = take();
    const operator = operators.find((one) => one === name.text.replace(/^ForAnyOfAnyValues:/, ""));
    if (!operator) throw new Error(`unknown operator ${name.text} at character ${name.at}`);
    const values = isWord(peek(), "{") ? valuesInBraces() : [take().text];
    return { kind: "compare", source, attribute, operator, values };
  };
  const valuesInBraces = (): string[] => {
    expect("{");
    const values = [take().text];
    while (isWord(peek(), ",")) {
      position += 1;
      values.push(take().text);
    }
    expect("}");
    return values;
  };

  const whole = either();
  const rest = peek();
  if (rest) throw new Error(`unexpected ${rest.text} at character ${rest.at}`);
  return whole;
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
