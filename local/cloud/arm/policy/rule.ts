import { isObject, type JsonObject } from "../../armKit/body.ts";

/** What a rule is asked about: a resource as it would be after the request. */
export interface Subject {
  readonly type: string;
  readonly id: string;
  readonly resource: JsonObject;
}

export type Parameters = Readonly<Record<string, unknown>>;

/** What of Azure Policy's language cannot be judged here. */
export class RuleError extends Error {
  override readonly name = "RuleError";
}

const operators: Readonly<Record<string, (actual: unknown, wanted: unknown) => boolean>> = {
  equals: same,
  notequals: (actual, wanted) => !same(actual, wanted),
  like: (actual, wanted) => isLike(text(actual), text(wanted)),
  notlike: (actual, wanted) => !isLike(text(actual), text(wanted)),
  contains: (actual, wanted) => text(actual).includes(text(wanted)),
  notcontains: (actual, wanted) => !text(actual).includes(text(wanted)),
  in: (actual, wanted) => listOf(wanted).some((one) => same(actual, one)),
  notin: (actual, wanted) => !listOf(wanted).some((one) => same(actual, one)),
  containskey: (actual, wanted) => keysOf(actual).includes(text(wanted)),
  notcontainskey: (actual, wanted) => !keysOf(actual).includes(text(wanted)),
  exists: (actual, wanted) => (actual !== undefined && actual !== null) === (text(wanted) === "true"),
};

/**
 * Does the `if` of a policy rule hold? Throws RuleError for what is not understood.
 * Source: learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule
 */
export function ruleHolds(condition: unknown, subject: Subject, parameters: Parameters): boolean {
  if (!isObject(condition)) throw new RuleError("a condition must be an object");
  const [allOf, anyOf, not] = [at(condition, "allOf"), at(condition, "anyOf"), at(condition, "not")];
  if (allOf !== undefined) return listOf(allOf).every((one) => ruleHolds(one, subject, parameters));
  if (anyOf !== undefined) return listOf(anyOf).some((one) => ruleHolds(one, subject, parameters));
  if (not !== undefined) return !ruleHolds(not, subject, parameters);
  const [name, wanted] = operatorIn(condition);
  const holds = operators[name];
  if (!holds) throw new RuleError(`the operator '${name}' is not supported`);
  const expected = resolved(wanted, subject, parameters);
  const field = at(condition, "field");
  if (field === undefined) return holds(resolved(at(condition, "value"), subject, parameters), expected);
  const path = text(resolved(field, subject, parameters));
  const found = fieldOf(subject, path);
  // Of a list every member has to hold.
  if (path.includes("[*]")) return listOf(found).every((one) => holds(one, expected));
  return holds(found, expected);
}

function operatorIn(condition: JsonObject): [string, unknown] {
  const found = Object.entries(condition).find(([name]) => !["field", "value"].includes(name.toLowerCase()));
  if (!found) throw new RuleError("a condition must have an operator");
  return [found[0].toLowerCase(), found[1]];
}

/** `[parameters('x')]` and `[field('x')]`, alone or in lists; any other expression is not understood. */
export function resolved(value: unknown, subject: Subject, parameters: Parameters): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, subject, parameters));
  if (typeof value !== "string" || !value.startsWith("[") || value.startsWith("[[")) return value;
  const [, name, argument] = /^\[\s*(parameters|field)\(\s*'([^']+)'\s*\)\s*\]$/i.exec(value) ?? [];
  if (name === undefined || argument === undefined) throw new RuleError(`the expression ${value} is not supported`);
  return name.toLowerCase() === "field" ? fieldOf(subject, argument) : at(parameters, argument);
}

/** `type`, `name`, `location`, `tags.x`, and aliases: `Microsoft.ContainerRegistry/registries/adminUserEnabled`. */
function fieldOf({ type, id, resource }: Subject, field: string): unknown {
  if (same(field, "type")) return type;
  if (same(field, "id")) return id;
  const path = pathOf(type, field);
  if (path === undefined) return at(resource, field) ?? deepAt(resource, stepsOf(field));
  return deepAt(at(resource, "properties"), path) ?? deepAt(resource, path);
}

/** `sku.name`, `tags.env`, `tags['env']`. */
export function stepsOf(field: string): readonly string[] {
  const [, list, name] = /^(\w+)\['([^']+)'\]$/.exec(field) ?? [];
  return list !== undefined && name !== undefined ? [list, name] : field.split(".");
}

/** The steps into `properties` that an alias of this type names; undefined for what is no alias of it. */
export function pathOf(type: string, field: string): readonly string[] | undefined {
  const prefix = `${type}/`.toLowerCase();
  if (!field.toLowerCase().startsWith(prefix)) return undefined;
  return field.slice(prefix.length).split(/[./]/);
}

function deepAt(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return value;
  const isList = step.endsWith("[*]");
  const found = isObject(value) ? at(value, isList ? step.slice(0, -3) : step) : undefined;
  return isList ? listOf(found).map((one) => deepAt(one, rest)) : deepAt(found, rest);
}

/** Names of properties are matched without regard to case. */
function at(value: JsonObject, name: string): unknown {
  const wanted = name.toLowerCase();
  return Object.entries(value).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function keysOf(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value).map((key) => key.toLowerCase()) : [];
}

function text(value: unknown): string {
  if (value === undefined || value === null) return "";
  return (typeof value === "string" ? value : JSON.stringify(value)).toLowerCase();
}

function same(one: unknown, other: unknown): boolean {
  return text(one) === text(other);
}

function isLike(actual: string, pattern: string): boolean {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return actual === before;
  return actual.length >= before.length + after.length && actual.startsWith(before) && actual.endsWith(after);
}
