import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createRouter } from "../../../local/host/http/routes.ts";
import type { FunctionMetadata } from "../../../local/host/worker/messages.ts";
import { shared } from "./running.ts";

function http(name: string, route: string, methods = ["GET"]): FunctionMetadata {
  return { id: name, name, bindings: { in: { type: "httpTrigger", name: "in", direction: "in", route, methods } } };
}
const find = (path: string, ...functions: FunctionMetadata[]): [string, object] | undefined => {
  const match = createRouter(functions, "api").find("GET", path);
  return match && [match.function.metadata.name, match.params];
};

test("routes are tried in the order of function names: nothing is more special than anything else", () => {
  expect(find("api/items/special", http("b", "items/special"), http("a", "items/{id}"))).toEqual([
    "a",
    { id: "special" },
  ]);
});

test.each([
  ["admin/users", /conflicts with one or more built in routes/],
  ["runtime/x", /conflicts with one or more built in routes/],
  ["x/{a:nonsense}", /there is no constraint "nonsense"/],
  ["x/{a", /a brace is not closed/],
  ["x/{a:regex([)}", /constraint "regex/],
])("the route %s is refused", (route, message) => {
  expect(() => createRouter([http("a", route)], "api")).toThrow(message);
});

test("two functions with one route and a method in common are refused, with other methods they are not", () => {
  expect(() => createRouter([http("a", "x"), http("b", "X")], "api")).toThrow(
    /conflicts with the route defined by function/,
  );
  expect(createRouter([http("a", "x"), http("b", "x", ["POST"])], "api").functions).toHaveLength(2);
});

test("an empty prefix leaves the route alone", () => {
  expect(createRouter([http("a", "x")], "").find("GET", "x")?.function.metadata.name).toBe("a");
});

interface Recorded {
  readonly functions: readonly { readonly name: string; readonly route: string; readonly methods: string[] }[];
  readonly requests: readonly {
    readonly request: string;
    readonly status: number;
    readonly function?: string | null;
    readonly values?: Readonly<Record<string, string | null>>;
  }[];
}

const file = join(shared, "facts/http-routes.json");
if (!existsSync(file)) console.log(`skipped: the recorded routes (${file}) are not here`);
(existsSync(file) ? describe : describe.skip)("as recorded from the platform's own router", () => {
  const { functions, requests } = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as Recorded)
    : { functions: [], requests: [] };
  const router = createRouter(
    functions.map(({ name, route, methods }) => http(name, route, methods)),
    "api",
  );

  test.each(requests.map((recorded) => [recorded.request, recorded] as const))("%s", (request, recorded) => {
    const [method = "", path = ""] = request.split(" ");
    // As fetch writes a request line.
    const match = router.find(method, new URL(`http://host${path}`).pathname.slice(1));
    expect(match ? 200 : 404).toBe(recorded.status);
    if (recorded.values === undefined) return;
    const present = Object.entries(recorded.values).filter(([, value]) => value !== null);
    expect([match?.function.metadata.name, match?.params]).toEqual([recorded.function, Object.fromEntries(present)]);
  });
});
