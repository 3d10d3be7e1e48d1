import { actionMatches } from "./actions.ts";
import type { Condition, Operator } from "./conditions.ts";

/** What a condition is asked about: one action, and the attributes the request and the resource have. */
export interface Occasion {
  readonly action: string;
  readonly request: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
}

/** A comparison with an attribute the occasion does not have is false. */
export function holds(condition: Condition, occasion: Occasion): boolean {
  switch (condition.kind) {
    case "and":
      return condition.parts.every((part) => holds(part, occasion));
    case "or":
      return condition.parts.some((part) => holds(part, occasion));
    case "not":
      return !holds(condition.part, occasion);
    case "action":
      return actionMatches(condition.pattern, occasion.action);
    case "compare": {
      const attributes = condition.source === "Request" ? occasion.request : occasion.resource;
      const actual = valueOf(attributes, condition.attribute);
      if (actual === undefined) return false;
      const { operator, values } = condition;
      return isNegative(operator)
        ? values.every((value) => !compare(operator, actual, value))
        : values.some((value) => compare(operator, actual, value));
    }
  }
}

function valueOf(attributes: Readonly<Record<string, string>>, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return Object.entries(attributes).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

function isNegative(operator: Operator): boolean {
  return operator.includes("Not");
}

/** The positive comparison; a negative operator turns it round outside. */
function compare(operator: Operator, actual: string, wanted: string): boolean {
  const ignoresCase = operator.startsWith("Guid") || operator.endsWith("IgnoreCase");
  const [left, right] = ignoresCase ? [actual.toLowerCase(), wanted.toLowerCase()] : [actual, wanted];
  if (operator.includes("StartsWith")) return left.startsWith(right);
  if (operator.includes("Like")) return like(left, right);
  return left === right;
}

/** `*` stands for any text, `?` for one character. */
function like(text: string, pattern: string): boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
