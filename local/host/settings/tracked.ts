import { HostError } from "../errors.ts";
import { keyLike } from "./anyCase.ts";
import { isObject, type Json } from "./json.ts";

/** JSON that remembers what was asked of it. Paths are keys with dots between; keys are compared without case, as .NET does. */
export interface Tracked {
  text(path: string): string | undefined;
  /** A number, or text that is one. Throws a HostError for anything else, or below `least`. */
  number(path: string, least: number): number | undefined;
  flag(path: string): boolean | undefined;
  /** The whole below a path, as it is. */
  object(path: string): Json | undefined;
  /** Takes note of what needs no reading here. */
  pass(path: string): void;
  /** The paths of all values nobody asked for. */
  unread(): readonly string[];
}

/** `label`: what to call it in an error. */
export function tracked(json: Json, label: string): Tracked {
  const asked: string[] = [];
  const at = (path: string): unknown => {
    asked.push(path.toLowerCase());
    return path.split(".").reduce<unknown>((value, key) => (isObject(value) ? valueOf(value, key) : undefined), json);
  };
  const wrong = (path: string, value: unknown, wanted: string): HostError =>
    new HostError(`${label}: ${path}: ${JSON.stringify(value)} is not ${wanted}`);
  return {
    text: (path) => {
      const value = at(path) ?? undefined;
      if (value === undefined || typeof value === "string") return value;
      if (typeof value === "number" || typeof value === "boolean") return String(value);
      throw wrong(path, value, "a text");
    },
    number: (path, least) => {
      const value = at(path) ?? undefined;
      if (value === undefined) return undefined;
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      if (typeof number === "number" && number >= least) return number;
      throw wrong(path, value, `a number of at least ${least}`);
    },
    flag: (path) => {
      const value = at(path) ?? undefined;
      if (value === undefined || typeof value === "boolean") return value;
      if (typeof value === "string" && /^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
      throw wrong(path, value, "true or false");
    },
    object: (path) => {
      const value = at(path) ?? undefined;
      if (value === undefined || isObject(value)) return value;
      throw wrong(path, value, "an object");
    },
    pass: (path) => void at(path),
    unread: () =>
      leaves(json).filter((leaf) => {
        const path = leaf.toLowerCase();
        return !asked.some((one) => path === one || path.startsWith(`${one}.`));
      }),
  };
}

function valueOf(json: Json, key: string): unknown {
  const name = keyLike(json, key);
  return name === undefined ? undefined : json[name];
}

function leaves(json: Json, prefix = ""): string[] {
  return Object.entries(json).flatMap(([key, value]) =>
    isObject(value) && Object.keys(value).length > 0 ? leaves(value, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
}

/** `json` with a value at the path, in the place of one that is there under any spelling. */
export function withValue(json: Json, [key = "", ...rest]: readonly string[], value: unknown): Json {
  const name = keyLike(json, key) ?? key;
  if (rest.length === 0) return { ...json, [name]: value };
  const below = json[name];
  return { ...json, [name]: withValue(isObject(below) ? below : {}, rest, value) };
}
