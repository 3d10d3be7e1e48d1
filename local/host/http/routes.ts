import { HostError } from "../errors.ts";
import { triggerOf, type Binding, type FunctionMetadata } from "../worker/messages.ts";
import { parseTemplate, type Template } from "./template.ts";

export interface HttpFunction {
  readonly metadata: FunctionMetadata;
  readonly binding: Binding;
  /** As in URLs, with the prefix. */
  readonly path: string;
  readonly methods: readonly string[];
}
export interface Match {
  readonly function: HttpFunction;
  readonly params: Readonly<Record<string, string>>;
}

/** The HTTP functions in the order in which their routes are tried: by name, without case. No route is more special than another. */
export function createRouter(
  functions: readonly FunctionMetadata[],
  prefix: string,
): {
  readonly functions: readonly HttpFunction[];
  readonly find: (method: string, path: string) => Match | undefined;
} {
  const routed = functions
    .flatMap((metadata) => httpFunction(metadata, prefix))
    .sort((a, b) => (a.metadata.name.toLowerCase() < b.metadata.name.toLowerCase() ? -1 : 1));
  refuseConflicts(routed);
  const entries = routed.map((entry): [HttpFunction, Template] => [entry, parseTemplate(entry.path)]);
  return {
    functions: routed,
    find(method, path) {
      for (const [entry, template] of entries) {
        const params = entry.methods.includes(method) ? template.match(path) : undefined;
        if (params) return { function: entry, params };
      }
      return undefined;
    },
  };
}

/** The routes of the app as it is loaded now. */
export interface Routes {
  /** Throws a HostError for routes that cannot be. */
  readonly check: (functions: readonly FunctionMetadata[]) => void;
  readonly set: (functions: readonly FunctionMetadata[]) => void;
  readonly functions: () => readonly HttpFunction[];
  readonly find: (method: string, path: string) => Match | undefined;
}

export function createRoutes(prefix: string): Routes {
  let router = createRouter([], prefix);
  return {
    check: (functions) => void createRouter(functions, prefix),
    set(functions) {
      router = createRouter(functions, prefix);
    },
    functions: () => router.functions,
    find: (method, path) => router.find(method, path),
  };
}

function httpFunction(metadata: FunctionMetadata, prefix: string): HttpFunction[] {
  const binding = triggerOf(metadata);
  if (binding?.type !== "httpTrigger") return [];
  const route = (binding.route ?? metadata.name).replace(/^\//, "");
  if (/^(admin|runtime)(\/|$)/i.test(route)) {
    throw new HostError(`function "${metadata.name}": The specified route conflicts with one or more built in routes.`);
  }
  const path = [prefix.replace(/^\/|\/$/g, ""), route].filter((part) => part !== "").join("/");
  return [
    { metadata, binding, path, methods: (binding.methods ?? ["GET", "POST"]).map((method) => method.toUpperCase()) },
  ];
}

function refuseConflicts(functions: readonly HttpFunction[]): void {
  for (const [index, one] of functions.entries()) {
    const other = functions.slice(0, index).find(({ path, methods }) => {
      return path.toLowerCase() === one.path.toLowerCase() && methods.some((method) => one.methods.includes(method));
    });
    if (!other) continue;
    throw new HostError(
      `function "${one.metadata.name}": The route specified conflicts with the route defined by function '${other.metadata.name}'.`,
    );
  }
}
