import { ConfigError } from "../../src/config.ts";
import { InputError, TransientError } from "../../src/domain/errors.ts";
import { answering, flag, guarded, json, type Route } from "../../src/functions/http.ts";
import { unknownRoute } from "../../src/functions/unknownRoute.ts";
import { ask } from "./ask.ts";

type Problem = { readonly code: string; readonly detail: string; readonly status: number };

const route = (part: Partial<Route> = {}): Route => ({
  name: "createLink",
  method: "POST",
  route: "links",
  role: null,
  query: ["dryRun"],
  handle: async (request) => json(200, { dryRun: flag(request, "dryRun") }),
  ...part,
});
const nobodyAsks = () => Promise.reject(new Error("no role was asked for"));
const asked = (query: string, part: Partial<Route> = {}) =>
  ask<Problem & { dryRun: boolean }>(
    guarded(route(part), nobodyAsks, async () => undefined),
    `/api/links${query}`,
    { method: "POST" },
  );

describe("the query of a route", () => {
  test.each([
    ["", false],
    ["?dryRun=true", true],
    ["?dryRun=false", false],
    ["?code=a-functions-key&dryRun=true", true],
  ])("%s is understood", async (query, dryRun) => {
    expect(await asked(query)).toMatchObject({ status: 200, body: { dryRun } });
  });

  test.each([
    ["?dryRun=1", "dryRun must be true or false"],
    ["?dryRun=True", "dryRun must be true or false"],
    ["?dryRun=", "dryRun must be true or false"],
    ["?dryRun=true%20", "dryRun must be true or false"],
    ["?dryrun=true", '"dryrun" is not known; known are dryRun'],
    ["?dryRun=true&dryRun=true", '"dryRun" is given more than once'],
    ["?whatif", '"whatif" is not known'],
  ])("%s is refused: a misspelt dry run must not start the real thing", async (query, words) => {
    const { status, body } = await asked(query);
    expect([status, body.code]).toEqual([400, "CP-BAD-REQUEST"]);
    expect(body.detail).toContain(words);
  });

  test("is anybody's where other people's addresses lead to it", async () => {
    expect((await asked("?session_state=x&code=y", { query: "any", handle: async () => json(200, {}) })).status).toBe(
      200,
    );
  });
});

describe("an error of a handler", () => {
  const failing = (error: Error) =>
    ask<Problem>(
      answering(() => Promise.reject(error)),
      "/api/links",
    );

  test("that is the caller's fault has its own status and stays out of the log", async () => {
    const { status, body, errors } = await failing(new InputError("CP-BAD-REQUEST", "size: is too large"));
    expect([status, body.code, body.detail]).toEqual([400, "CP-BAD-REQUEST", "size: is too large"]);
    expect(errors).toEqual([]);
  });

  test("that a service caused is 503 and says when to come back", async () => {
    const { status, headers, body, errors } = await failing(new TransientError("vault x: 429", 42));
    expect([status, body.code, headers["retry-after"]]).toEqual([503, "CP-NOT-READY", "42"]);
    expect(body.detail).not.toContain("vault x");
    expect(errors).toEqual(["asked failed: vault x: 429"]);
    expect((await failing(new TransientError("cut"))).headers["retry-after"]).toBe("10");
    expect((await failing(new TransientError("a date", 41.2))).headers["retry-after"]).toBe("42");
    expect((await failing(new TransientError("at once", 0))).headers["retry-after"]).toBe("1");
  });

  test("that a wrong setting caused is 500 and names the setting, never its value", async () => {
    const { status, body } = await failing(new ConfigError(['CROSSPULL_VAULT_URL is no address: "value".']));
    expect([status, body.code]).toEqual([500, "CP-MISCONFIGURED"]);
    expect(body.detail).toBe("these settings need attention: CROSSPULL_VAULT_URL");
  });

  test("that nobody foresaw is 500, and the answer has nothing of it", async () => {
    const { status, body, errors } = await failing(new TypeError("x is not a function"));
    expect([status, body.code]).toEqual([500, "CP-DEFECT"]);
    expect(body.detail).not.toContain("function");
    expect(errors).toEqual(["asked failed: x is not a function"]);
  });
});

describe("a request that no route takes", () => {
  const unknown = unknownRoute([
    route(),
    route({ name: "getLink", method: "GET", route: "links/{id}" }),
    route({ name: "listLinks", method: "GET", route: "links" }),
  ]);
  const tried = (method: string, path: string) => ask<Problem>(unknown, path, { method });

  test("is 405 with the methods of the path where there are some", async () => {
    for (const path of ["/api/links", "/api/links/", "/api/LINKS"]) {
      const { status, headers, body } = await tried("DELETE", path);
      expect([status, body.code, headers["allow"]]).toEqual([405, "CP-METHOD-NOT-ALLOWED", "POST, GET"]);
    }
    expect((await tried("POST", "/api/links/0123456789abcdef")).headers["allow"]).toBe("GET");
  });

  test("is 404 elsewhere, in problem+json too", async () => {
    for (const path of ["/api/nothing", "/api/links/x/y/z", "/api"]) {
      const { status, headers, body } = await tried("GET", path);
      expect([status, body.code]).toEqual([404, "CP-NO-SUCH-ROUTE"]);
      expect(headers["content-type"]).toBe("application/problem+json");
    }
  });
});

test("an answer that something goes on says when to look again", () => {
  expect(json(202, {}).headers).toMatchObject({ "retry-after": "5" });
  expect(json(200, {}).headers).not.toHaveProperty("retry-after");
});
