import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { run, type Running } from "./running.ts";

let host: Running;
beforeAll(async () => {
  host = await run("http", { env: { FROM_CALLER: "yes" } });
});
afterAll(() => host.close());

test("a function sees method, URL, parameters, body, and repeated query keys joined with a comma", async () => {
  const answer = await fetch(`${host.url}/api/echo/a%20b?x=1&x=2&y=%2B`, {
    method: "POST",
    body: "héllo",
    headers: { "X-Sample": "s" },
  });
  expect(await answer.json()).toEqual({
    method: "POST",
    url: `${host.url}/api/echo/a%20b?x=1&x=2&y=%2B`,
    query: { x: "1,2", y: "+" },
    params: { id: "a b" },
    header: "s",
    body: "héllo",
  });
  expect(answer.headers.get("content-type")).toBe("application/json");
});

test("an optional parameter that is absent is not there", async () => {
  expect(await (await host.get("/api/echo")).json()).toMatchObject({ params: {} });
});

test("status, headers, cookies and body are the function's", async () => {
  const answer = await host.get("/api/created");
  expect([answer.status, await answer.text(), answer.headers.get("x-a")]).toEqual([201, "made", "b"]);
  expect(answer.headers.getSetCookie()).toEqual(["c=v; max-age=5; path=/; samesite=lax; httponly"]);
});

test("bytes come through unchanged", async () => {
  expect([...new Uint8Array(await (await host.get("/api/bytes")).arrayBuffer())]).toEqual([0, 255, 10]);
});

test.each([
  ["/api/nothing", 204],
  ["/api/throws", 500],
  ["/api/number", 500],
  ["/api/absent", 404],
  ["/echo", 404],
  ["/runtime/webhooks/other", 404],
])("GET %s is answered with %d and no body", async (path, status) => {
  const answer = await host.get(path);
  expect([answer.status, await answer.text()]).toEqual([status, ""]);
});

test("a method a function does not take is 404, never 405", async () => {
  expect((await fetch(`${host.url}/api/echo`, { method: "PUT" })).status).toBe(404);
});

test("a body of 10 MB arrives whole", async () => {
  const body = new Uint8Array(10 * 1024 * 1024);
  const answer = await fetch(`${host.url}/api/length`, { method: "POST", body });
  expect(await answer.text()).toBe(String(body.length));
});

test("what the caller gives and the host's own address are in the app's environment", async () => {
  expect(await (await host.get("/api/environment?name=FROM_CALLER")).text()).toBe("yes");
  expect(await (await host.get("/api/environment?name=WEBSITE_HOSTNAME")).text()).toBe(`localhost:${host.port}`);
});

test("a hook's log line is in the log under the function's category", async () => {
  await host.get("/api/created");
  expect(host.lines.join("\n")).toContain("Function.created.User: a hook ran");
});

test("the admin API tells the host's state and its functions", async () => {
  expect(await (await host.get("/admin/host/status")).json()).toMatchObject({ state: "Running" });
  expect((await host.get("/admin/host/ping")).status).toBe(200);
  const functions = (await (await host.get("/admin/functions")).json()) as { name: string }[];
  expect(functions.map(({ name }) => name)).toContain("echo");
});

test("a timer function's next run is told, and it runs by hand", async () => {
  expect(host.lines.join("\n")).toMatch(/Host\.Triggers\.Timer: never: next occurrence \d{4}-01-01T00:00:00/);
  expect((await host.post("/admin/functions/never", {})).status).toBe(202);
  expect((await host.post("/admin/functions/absent", {})).status).toBe(404);
});

test("a crash of the app's process is reported, and the next request finds it started again", async () => {
  expect((await host.get("/api/crash")).status).toBe(500);
  expect((await host.get("/api/created")).status).toBe(201);
  expect(host.lines.join("\n")).toContain("the app's process ended (exit code 3); starting it again");
});

test("a port in use is stepped over, and the log says so", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const other = await run("http", { port });
  try {
    expect(other.port).toBeGreaterThan(port);
    expect(other.lines.join("\n")).toContain(`port ${port} is in use`);
  } finally {
    await other.close();
    taken.close();
  }
});

describe("a web page elsewhere", () => {
  const send = (path: string, headers: Record<string, string>, url = host.url): Promise<[number, string]> =>
    new Promise((resolve, reject) => {
      const post = request(`${url}${path}`, { method: "POST", headers }, (response) => {
        text(response).then((body) => resolve([response.statusCode ?? 0, body]), reject);
      });
      post.on("error", reject).end("{}");
    });
  const evil = "http://evil.example";

  test.each([
    ["the admin API", "/admin/functions/tick", { "content-type": "text/plain", origin: evil }],
    ["time", "/admin/clock", { "content-type": "text/plain", origin: evil }],
    ["orchestrations", "/runtime/webhooks/durabletask/orchestrators/x", { "content-type": "text/plain", origin: evil }],
    ["functions", "/api/environment", { "content-type": "text/plain", origin: evil }],
    ["anything by a page without an origin of its own", "/api/environment", { origin: "null" }],
    [
      "anything by a page whose name only begins like ours",
      "/api/environment",
      { origin: "http://localhost.evil.example" },
    ],
    ["anything by a name that was made to point here", "/admin/functions/tick", { host: "evil.example" }],
    ["anything by a Host that is no name", "/api/environment", { host: "a b/" }],
  ])("cannot reach %s", async (_what, path, headers) => {
    const [status, body] = await send(path, headers);
    expect([status, body]).toEqual([403, expect.stringMatching(/the (Host|Origin) header says/)]);
  });

  test("cannot reach the address of the app's own client", async () => {
    expect((await send("/durabletask/orchestrators/x", { origin: evil }, host.rpcUrl))[0]).toBe(403);
  });

  test.each([
    ["that names no origin", {}],
    ["by address", { host: "127.0.0.1" }],
    ["of a page on this machine", { host: `LOCALHOST:7071`, origin: "http://localhost:3000" }],
  ])("is told from a request %s", async (_what, headers) => {
    expect((await send("/admin/host/ping", headers))[0]).toBe(200);
  });
});
