import type { Route } from "./contract.ts";

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

interface Pattern {
  readonly route: Route;
  readonly expression: RegExp;
  readonly names: readonly string[];
  /** Higher is tried later. */
  readonly looseness: number;
}

/** Stands for a `%2F` while a path is taken apart; no client can send it. */
const slashInside = "\u0000";

/**
 * Paths: `:name` is (part of) one segment, `*name` one or more segments. `applications(appId=':appId')` works.
 * Literals match without regard to case, doubled and trailing slashes are forgiven, parameters are percent-decoded
 * (`%2F` too). Where several routes match, the one with the fewest parameters and the most words wins, then the order given.
 */
export function router(routes: readonly Route[]): (method: string, pathname: string) => Match | undefined {
  const byMethod = new Map<string, Pattern[]>();
  for (const route of routes) byMethod.set(route.method, [...(byMethod.get(route.method) ?? []), compile(route)]);
  for (const patterns of byMethod.values()) patterns.sort((one, other) => one.looseness - other.looseness);
  return (method, pathname) => {
    const path = decode(pathname);
    for (const { route, expression, names } of byMethod.get(method) ?? []) {
      const found = expression.exec(path);
      if (found) return { route, params: namedParams(names, found.slice(1)) };
    }
    return undefined;
  };
}

function compile(route: Route): Pattern {
  const names: string[] = [];
  let looseness = 0;
  const source = route.path.replace(/([:*])(\w+)|[.*+?^${}()|[\]\\]/g, (text, kind: string, name: string) => {
    if (!name) return `\\${text}`;
    names.push(name);
    looseness += kind === "*" ? 100 : 1;
    return kind === "*" ? "(.+?)" : "([^/]+?)";
  });
  // What follows a `*` in words takes from what it may stand for: `*name/_tags/:tag` is tried before `*name`.
  const [, ...afterStar] = route.path.replace(/^[^*]*\*\w+/, "").split("/");
  looseness -= route.path.includes("*") ? 2 * afterStar.filter((part) => !/^[:*]/.test(part)).length : 0;
  return { route, names, looseness, expression: new RegExp(`^${source}$`, "i") };
}

function namedParams(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, (values[index] ?? "").replaceAll(slashInside, "/")]));
}

function decode(pathname: string): string {
  const path = pathname.replace(/\/{2,}/g, "/");
  const bare = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  if (!bare.includes("%")) return bare;
  return bare.split("/").map(decodeSegment).join("/");
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment).replaceAll("/", slashInside);
  } catch {
    return segment; // A stray percent sign: taken as it stands, and found nowhere.
  }
}
