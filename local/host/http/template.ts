import { HostError, messageOf } from "../errors.ts";
import { constraint } from "./constraints.ts";

/** A route template of ASP.NET: `items/{id:int}/{rest?}`, `{*path}`, `{x=default}`, `{name}.{ext}`. */
export interface Template {
  /** The values of a path (encoded, no leading slash), or undefined when it does not match. Optional ones may be missing. */
  readonly match: (path: string) => Readonly<Record<string, string>> | undefined;
}

interface Parameter {
  readonly name: string;
  readonly rest: boolean;
  readonly optional: boolean;
  readonly fallback: string | undefined;
  readonly tests: readonly ((value: string) => boolean)[];
}
type Part = string | Parameter;
interface Segment {
  readonly pattern: RegExp;
  readonly parameters: readonly Parameter[];
  /** May be left out when nothing follows it. */
  readonly omissible: boolean;
  readonly rest: boolean;
}

export function parseTemplate(template: string): Template {
  const segments = splitOutsideBraces(template.replace(/^\/|\/$/g, ""), "/")
    .filter((text) => text !== "")
    .map((text) => parseSegment(text, template));
  return { match: (path) => match(segments, path) };
}

function match(segments: readonly Segment[], path: string): Record<string, string> | undefined {
  // One slash at the end is tolerated; an empty segment never matches.
  const given = path === "" ? [] : path.replace(/\/$/, "").split("/");
  if (given.includes("") && path !== "/") return undefined;
  const values: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const text = segment.rest ? given.slice(index).join("/") : given[index];
    if (text === undefined || text === "") {
      if (!segment.omissible) return undefined;
      for (const { name, fallback } of segment.parameters) if (fallback !== undefined) values[name] = fallback;
      continue;
    }
    const found = segment.pattern.exec(segment.rest ? text : decode(text));
    if (!found) return undefined;
    for (const [at, parameter] of segment.parameters.entries()) {
      const value = segment.rest ? decode(text) : (found[at + 1] ?? "");
      if (!parameter.tests.every((test) => test(value))) return undefined;
      values[parameter.name] = value;
    }
  }
  const open = segments.at(-1)?.rest === true;
  return open || given.length <= segments.length ? values : undefined;
}

/** Everything is decoded but the slash, which stays as it was sent. */
function decode(text: string): string {
  return text
    .split(/(%2f)/i)
    .map((part) => (/^%2f$/i.test(part) ? part : safely(part)))
    .join("");
}
function safely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseSegment(text: string, template: string): Segment {
  const parts = [...splitParts(text, template)];
  const parameters = parts.filter((part) => typeof part !== "string");
  const pattern = parts.map((part) => (typeof part === "string" ? escaped(part) : "(.+)")).join("");
  const [only] = parameters;
  const alone = parts.length === 1 && only !== undefined;
  return {
    pattern: new RegExp(`^${pattern}$`, "is"),
    parameters,
    omissible: alone && (only.optional || only.rest || only.fallback !== undefined),
    rest: alone && only.rest,
  };
}

function escaped(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function* splitParts(text: string, template: string): Generator<Part> {
  let literal = "";
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== "{") {
      literal += text[at];
      continue;
    }
    const end = closing(text, at);
    if (end < 0) throw new HostError(`route "${template}": a brace is not closed`);
    if (literal !== "") yield literal;
    literal = "";
    yield parseParameter(text.slice(at + 1, end), template);
    at = end;
  }
  if (literal !== "") yield literal;
}

/** The brace that closes the one at `start`; doubled braces belong to a regular expression. */
function closing(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text.startsWith("{{", at) || text.startsWith("}}", at)) at += 1;
    else if (text[at] === "}") return at;
  }
  return -1;
}

function parseParameter(text: string, template: string): Parameter {
  const [head = "", ...constraints] = splitOutsideParentheses(text);
  const last = constraints.length > 0 ? constraints : [head];
  const tail = last.at(-1) ?? "";
  const optional = tail.endsWith("?");
  const [withDefault, fallback] = splitDefault(optional ? tail.slice(0, -1) : tail);
  last[last.length - 1] = withDefault;
  const name = (constraints.length > 0 ? head : withDefault).replace(/^\*{1,2}/, "");
  if (!/^[^/{}?*=:]+$/.test(name)) throw new HostError(`route "${template}": "{${text}}" has no valid name`);
  return {
    name,
    rest: head.startsWith("*"),
    optional,
    fallback,
    tests: constraints.map((one) => parseConstraint(one, template)),
  };
}

function parseConstraint(text: string, template: string): (value: string) => boolean {
  const [, name = "", argument = ""] = /^([^(]*)(?:\((.*)\))?$/s.exec(text) ?? [];
  try {
    const test = constraint(name, argument);
    if (test) return test;
  } catch (error) {
    throw new HostError(`route "${template}": constraint "${text}": ${messageOf(error)}`);
  }
  throw new HostError(`route "${template}": there is no constraint "${name}"`);
}

function splitDefault(text: string): [string, string | undefined] {
  if (text.includes("(")) return [text, undefined];
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/:(?![^(]*\))/);
}
function splitOutsideBraces(text: string, separator: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const character of text) {
    if (character === "{") depth += 1;
    else if (character === "}") depth -= 1;
    if (character === separator && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}
