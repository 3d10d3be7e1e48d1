import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLog, type LogLevel } from "../../../local/host/log.ts";
import { run, scratch, type Running } from "./running.ts";

const folder = scratch();
let count = 0;

/** A function app whose one file has this code, where `app` is the library's. */
function appOf(code: string, host: object = {}): string {
  const at = join(folder, `app-${(count += 1)}`);
  mkdirSync(at);
  writeFileSync(join(at, "host.json"), JSON.stringify({ version: "2.0", ...host }));
  writeFileSync(join(at, "package.json"), '{ "main": "app.cjs" }');
  write(at, code);
  return at;
}
function write(at: string, code: string): void {
  writeFileSync(join(at, "app.cjs"), `const { app } = require("@azure/functions");\n${code}`);
}
async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; !(await done());) {
    if (Date.now() > end) throw new Error("it did not happen");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("an app that asks for HTTP streams", () => {
  let host: Running;
  beforeAll(async () => {
    host = await run(
      appOf(`
        app.setup({ enableHttpStream: true });
        app.http("echo", { route: "echo/{id}", methods: ["POST"], handler: async (request, context) => ({
          status: 201,
          headers: { "x-kind": request.headers.get("x-kind") },
          cookies: [{ name: "c", value: "v" }],
          jsonBody: { url: request.url, params: request.params, body: await request.text() } }) });
        app.http("slowly", { handler: async function () {
          async function* parts() { yield "one "; await new Promise((r) => setTimeout(r, 20)); yield "two"; }
          return { body: parts() }; } });
        app.http("upload", { methods: ["POST"], handler: async (request) => {
          let bytes = 0;
          for await (const chunk of request.body) bytes += chunk.length;
          return { body: String(bytes) }; } });
        app.http("throws", { handler: () => { throw new Error("no luck"); } });
        app.http("nothing", { handler: () => undefined });`),
    );
  });
  afterAll(() => host.close());

  test("sees the request itself; keys of the query and of a JSON body are parameters too", async () => {
    const answer = await fetch(`${host.url}/api/echo/7?colour=blue`, {
      method: "POST",
      body: '{"size":"big"}',
      headers: { "content-type": "application/json", "x-kind": "k" },
    });
    expect([answer.status, answer.headers.get("x-kind"), answer.headers.getSetCookie()]).toEqual([201, "k", ["c=v"]]);
    expect(answer.headers.get("x-ms-invocation-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(await answer.json()).toEqual({
      url: `${host.url}/api/echo/7?colour=blue`,
      params: { id: "7", colour: "blue", size: "big" },
      body: '{"size":"big"}',
    });
  });

  test("answers in parts, and takes a body that has no length", async () => {
    expect(await (await host.get("/api/slowly")).text()).toBe("one two");
    const body = new ReadableStream({
      start(controller) {
        for (let part = 0; part < 10; part += 1) controller.enqueue(new Uint8Array(100_000));
        controller.close();
      },
    });
    const init = { method: "POST", body, duplex: "half" } as RequestInit;
    expect(await (await fetch(`${host.url}/api/upload`, init)).text()).toBe("1000000");
  });

  test("is answered for with 500 when it throws, and 204 when it returns nothing", async () => {
    expect([(await host.get("/api/throws")).status, (await host.get("/api/nothing")).status]).toEqual([500, 204]);
  });
});

test("a disabled function is not there, but can be run by hand", async () => {
  const host = await run(
    appOf(`
      app.http("off", { handler: () => ({}) });
      app.http("on", { handler: () => ({}) });
      app.timer("broken", { schedule: "never", handler: (_timer, context) => context.log("by hand") });`),
    { env: { "AzureWebJobs.off.Disabled": "true", AzureWebJobs_broken_Disabled: "1" } },
  );
  try {
    expect([(await host.get("/api/off")).status, (await host.get("/api/on")).status]).toEqual([404, 200]);
    const listed = (await (await host.get("/admin/functions")).json()) as { name: string; isDisabled: boolean }[];
    expect(listed.filter(({ isDisabled }) => isDisabled).map(({ name }) => name)).toEqual(["off", "broken"]);
  } finally {
    await host.close();
  }
});

test("POST /admin/functions runs a timer function, not past due, and an activity with JSON as its input", async () => {
  const host = await run(
    appOf(`
      const df = require("durable-functions");
      app.timer("tick", { schedule: "0 0 0 1 1 *", handler: (timer, context) => context.log("timer", JSON.stringify(timer)) });
      df.app.activity("add", { handler: ({ a, b }, context) => context.log("sum", a + b) });
      df.app.orchestration("flow", function* () { return 1; });`),
  );
  try {
    expect((await host.post("/admin/functions/tick", {})).status).toBe(202);
    expect((await host.post("/admin/functions/ADD", { input: '{"a":2,"b":3}' })).status).toBe(202);
    expect((await host.post("/admin/functions/add", { input: "{" })).status).toBe(400);
    expect((await host.post("/admin/functions/flow", {})).status).toBe(400);
    expect((await fetch(`${host.url}/admin/functions/tick`, { method: "POST" })).status).toBe(400);
    await until(() => host.lines.some((line) => line.endsWith("Function.add.User: sum 5")));
    const seen = host.lines.find((line) => line.includes("Function.tick.User: timer ")) ?? "";
    expect(JSON.parse(seen.slice(seen.indexOf("{")))).toMatchObject({
      schedule: { adjustForDST: true },
      scheduleStatus: { last: "0001-01-01T00:00:00" },
      isPastDue: false,
    });
  } finally {
    await host.close();
  }
});

test("hooks run around a timer function and may change its input; retries of host.json are told to it", async () => {
  const host = await run(
    appOf(
      `app.hook.preInvocation((c) => { c.inputs[0].note = "from the hook"; });
       app.hook.postInvocation((c) => { c.invocationContext.log("after", c.error?.message ?? "success"); });
       app.hook.log((c) => { c.message = c.message.toUpperCase(); });
       app.timer("tick", { schedule: "0 0 0 1 1 *", runOnStartup: true, handler: (timer, context) => {
         const { retryCount = 0 } = context.retryContext ?? {};
         context.log(timer.note, retryCount);
         if (retryCount < 1) throw new Error("first time"); } });`,
      { retry: { strategy: "fixedDelay", maxRetryCount: 3, delayInterval: "00:00:00.010" } },
    ),
  );
  try {
    await until(() => host.lines.some((line) => line.includes("AFTER SUCCESS")));
    const users = host.lines.flatMap((line) => /Function\.tick\.User: (.*)$/.exec(line)?.[1] ?? []);
    expect(users).toEqual(["FROM THE HOOK 0", "AFTER FIRST TIME", "FROM THE HOOK 1", "AFTER SUCCESS"]);
  } finally {
    await host.close();
  }
});

test("a timer remembers its status beside the state file, over a restart", async () => {
  const state = join(folder, "remembered.db");
  const app = appOf(`app.timer("tick", { schedule: "00:00:01", useMonitor: true, handler: () => {} });
    app.timer("hourly", { schedule: "01:00:00", runOnStartup: true, handler: (t, c) => c.log(t.scheduleStatus.last) });`);
  const first = await run(app, { state });
  await until(() => first.lines.some((line) => line.includes("Executed 'Functions.hourly' (Succeeded")));
  await first.close();
  const second = await run(app, { state });
  await until(() => second.lines.some((line) => line.includes("hourly.User: ")));
  await second.close();
  expect(second.lines.join("\n")).toMatch(/hourly\.User: 20\d\d-/);
});

describe("with --watch", () => {
  test("a change is loaded, what runs goes on in the old process, and a broken change is refused", async () => {
    const answers = (text: string): string =>
      `app.http("say", { handler: () => ({ body: ${JSON.stringify(text)} }) });
       app.http("slow", { handler: () => new Promise((r) => setTimeout(() => r({ body: ${JSON.stringify(text)} }), 1500)) });`;
    const at = appOf(answers("one"));
    const host = await run(at, { watch: true });
    const say = async (): Promise<string> => (await host.get("/api/say")).text();
    try {
      expect(await say()).toBe("one");
      const slow = host.get("/api/slow");
      await until(() => host.lines.some((line) => line.includes("Executing 'Functions.slow'")));
      write(at, answers("two"));
      await until(async () => (await say()) === "two");
      expect(await (await slow).text()).toBe("one");
      write(at, "throw new Error('half written')");
      await until(() => host.lines.some((line) => line.includes("could not be loaded again, and goes on as it was")));
      expect(host.lines.join("\n")).toContain("half written");
      expect(await say()).toBe("two");
      write(at, `${answers("three")} app.timer("bad", { schedule: "bad", handler: () => {} });`);
      await until(() => host.lines.some((line) => line.includes("The 'bad' function is in error: ")));
      expect(await say()).toBe("three");
      write(at, `${answers("four")} app.http("added", { handler: () => ({}) });`);
      await until(async () => (await host.get("/api/added")).status === 200);
    } finally {
      await host.close();
    }
  });
});

test("with --watch a folder that a build makes anew is followed, what an app writes for itself is not", async () => {
  const at = appOf("");
  const main = join(at, "dist/app.cjs");
  const build = (text: string): void => {
    rmSync(join(at, "dist"), { recursive: true, force: true });
    mkdirSync(join(at, "dist"));
    writeFileSync(main, `require("@azure/functions").app.http("say", { handler: () => ({ body: "${text}" }) });`);
  };
  build("one");
  writeFileSync(join(at, "package.json"), '{ "main": "dist/app.cjs" }');
  const host = await run(at, { watch: true });
  const loads = (): number => host.lines.filter((line) => line.includes("loading the app again")).length;
  try {
    for (const text of ["two", "three"]) {
      build(text);
      await until(async () => (await (await host.get("/api/say")).text()) === text);
    }
    const before = loads();
    writeFileSync(join(at, "dist/data.json"), "{}");
    writeFileSync(join(at, "host.json"), '{ "version": "2.0" }');
    await until(() =>
      host.lines.some((line) => line.includes("host.json has changed; it is read when the host starts")),
    );
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(loads()).toBe(before);
  } finally {
    await host.close();
  }
});

test("a function that ends its process is reported, and the next one finds a new process", async () => {
  const host = await run(
    appOf(`app.http("quit", { handler: () => process.exit(0) });
    app.http("say", { handler: () => ({ body: "here" }) });`),
  );
  try {
    expect((await host.get("/api/quit")).status).toBe(500);
    expect(await (await host.get("/api/say")).text()).toBe("here");
    expect(host.lines.join("\n")).toContain("the app's process ended (exit code 0); starting it again");
  } finally {
    await host.close();
  }
});

test("bindings and triggers this host does not have are named", async () => {
  const host = await run(
    appOf(`const { output } = require("@azure/functions");
      app.storageQueue("queued", { queueName: "q", connection: "c", handler: () => {} });
      app.http("writes", { extraOutputs: [output.storageBlob({ path: "p", connection: "c" })], handler: () => ({}) });`),
  );
  await host.close();
  expect(host.lines.join("\n")).toMatch(/function "queued" \(queueTrigger\) is never started by this host/);
  expect(host.lines.join("\n")).toMatch(/function "writes" has a binding "blob" that this host does not have/);
});

test.each<[string, Record<string, LogLevel>, string[]]>([
  ["information is the default", {}, ["information Host.A", "warning Function.f.User"]],
  [
    "the longest beginning decides",
    { default: "none", Function: "error", "Function.f": "warning" },
    ["warning Function.f.User"],
  ],
  [
    "letters are compared without case",
    { Default: "none", "function.f.user": "debug" },
    ["debug Function.f.User", "warning Function.f.User"],
  ],
  ["a star stands for anything", { default: "none", "Function.*.User": "warning" }, ["warning Function.f.User"]],
])("log levels: %s", (_what, levels, expected) => {
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line), levels);
  log.write("information", "Host.A", "");
  log.write("debug", "Function.f.User", "");
  log.write("warning", "Function.f.User", "");
  expect(lines.map((line) => line.replace(/^\S+ (\w+) +(\S+): $/, "$1 $2"))).toEqual(expected);
});
