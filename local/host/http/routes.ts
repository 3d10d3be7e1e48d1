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
  for (const [index, one] of routed.entries()) refuseConflict(one, routed.slice(0, index));
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
  /** Throws a HostError for a function whose route cannot be, or not beside those of the others. */
  readonly check: (one: FunctionMetadata, others: readonly FunctionMetadata[]) => void;
  readonly set: (functions: readonly FunctionMetadata[]) => void;
  readonly functions: () => readonly HttpFunction[];
  readonly find: (method: string, path: string) => Match | undefined;
}

export function createRoutes(prefix: string): Routes {
  let router = createRouter([], prefix);
  return {
    check(one, others) {
      for (const entry of httpFunction(one, prefix)) {
        parseTemplate(entry.path);
        refuseConflict(
          entry,
          others.flatMap((other) => httpFunction(other, prefix)),
        );
      }
    },
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

function refuseConflict({ metadata, path, methods }: HttpFunction, others: readonly HttpFunction[]): void {
  const inTheWay = others.find(
    (other) =>
      other.path.toLowerCase() === path.toLowerCase() && other.methods.some((method) => methods.includes(method)),
  );
  if (inTheWay)
    throw new HostError(
      `function "${metadata.name}": The route specified conflicts with the route defined by function '${inTheWay.metadata.name}'.`,
    );
}
