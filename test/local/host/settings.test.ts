import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { appsIn, run, scratch, until, type Running } from "./running.ts";

const folder = scratch();
const app = appsIn(folder);
const durable = (settings: object): object => ({ extensions: { durableTask: settings } });
const hello = `app.http("hello", { handler: () => ({ body: "hi" }) });`;
const showsEnv = (...names: readonly string[]): string =>
  `app.http("env", { handler: () => ({ jsonBody: ${JSON.stringify(names)}.map((name) => process.env[name] ?? null) }) });`;

let host: Running | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
});
const orchestrate = (path: string): Promise<Response> =>
  (host as Running).post(`/runtime/webhooks/durabletask/orchestrators/${path}`, null);

describe("a key that nobody reads", () => {
  const files: readonly [object, object] = [
    { concurrency: { dynamicConcurrencyEnabled: true }, extensions: { http: { hsts: { isEnabled: true } } } },
    { Values: {}, Host: { CORS: "*" } },
  ];
  const keys = [
    "host.json: concurrency.dynamicConcurrencyEnabled",
    "host.json: extensions.http.hsts.isEnabled",
    "local.settings.json: Host.CORS",
  ];

  test("is named at the start", async () => {
    host = await run(app(files[0], hello, { local: files[1] }));
    for (const key of keys) expect(host.lines.filter((line) => line.includes(`ignored: ${key}`))).toHaveLength(1);
    expect(host.lines.filter((line) => line.includes("ignored:"))).toHaveLength(keys.length);
  });

  test("is refused under strict, and one of an environment variable too", async () => {
    await expect(run(app(files[0], hello, { local: files[1] }), { strict: true })).rejects.toMatchObject({
      name: "HostError",
      message: expect.stringContaining(keys.join(", ")),
    });
    const env = { AzureFunctionsJobHost__extensions__http__maxConcurrentRequests: "3" };
    await expect(run(app({}, hello), { strict: true, env })).rejects.toThrow("extensions.http.maxConcurrentRequests");
  });

  test("does not stand for those that every new app has", async () => {
    const template = {
      logging: { applicationInsights: { samplingSettings: { isEnabled: true } }, logLevel: { default: "Information" } },
      extensionBundle: { id: "Microsoft.Azure.Functions.ExtensionBundle", version: "[4.*, 5.0.0)" },
    };
    const local = { IsEncrypted: false, Values: { FUNCTIONS_WORKER_RUNTIME: "node", AzureWebJobsStorage: "" } };
    host = await run(app(template, hello, { local }), { strict: true });
    expect(host.lines.filter((line) => line.includes("ignored:"))).toEqual([]);
  });
});

describe("host.json", () => {
  test("is overridden by settings, whatever the case of the names", async () => {
    const local = { Values: { AzureFunctionsJobHost__Extensions__Http__RoutePrefix: "v9" } };
    host = await run(app({ extensions: { http: { routePrefix: "api" } } }, hello, { local }));
    expect((await host.get("/v9/hello")).status).toBe(200);
    expect((await host.get("/api/hello")).status).toBe(404);
  });

  test("may name its hub by a setting, which has to be there", async () => {
    const code = `df.app.orchestration("one", function* () { return 1; });`;
    host = await run(app(durable({ hubName: "%HUB%Two" }), code), { env: { HUB: "Mine" } });
    expect(await (await orchestrate("one")).json()).toMatchObject({
      statusQueryGetUri: expect.stringContaining("taskHub=MineTwo&"),
    });
    await expect(run(app(durable({ hubName: "%NOSUCH%" }), code))).rejects.toThrow(
      "host.json: extensions.durableTask.hubName: '%NOSUCH%' does not resolve to a value",
    );
  });

  test("adds headers to the answers of functions", async () => {
    const headers = { extensions: { http: { customHeaders: { "X-Content-Type-Options": "nosniff" } } } };
    host = await run(app(headers, hello));
    expect((await host.get("/api/hello")).headers.get("x-content-type-options")).toBe("nosniff");
  });

  test.each([
    [{ functionTimeout: "soon" }, /functionTimeout: "soon" is no TimeSpan/],
    [durable({ maxConcurrentActivityFunctions: 0 }), /maxConcurrentActivityFunctions: 0 is not a number of at least 1/],
    [durable({ storeInputsInOrchestrationHistory: "maybe" }), /"maybe" is not true or false/],
    [durable({ overridableExistingInstanceStates: "Some" }), /"Some" is none of NonRunningStates, AnyState/],
    [durable({ httpSettings: 5 }), /refused/],
  ])("with %j is refused, or that key named", async (settings, message) => {
    await expect(run(app(settings, hello), { strict: true })).rejects.toThrow(message);
  });

  test("ends a function that takes too long, with its process, and goes on", async () => {
    const slow = `app.http("slow", { handler: () => new Promise(() => setInterval(() => undefined, 1000)) });`;
    host = await run(app({ functionTimeout: "00:00:01" }, `${hello}\n${slow}`));
    expect((await host.get("/api/slow")).status).toBe(500);
    expect(host.lines.join("\n")).toContain("Timeout value of 00:00:01 was exceeded by function: Functions.slow");
    expect((await host.get("/api/hello")).status).toBe(200);
  });
});

describe("the Durable extension", () => {
  test("rests before it polls again as long as it is told", async () => {
    const settings = durable({ httpSettings: { defaultAsyncRequestSleepTimeMilliseconds: 7000 } });
    const code = `
      app.http("poll", { handler: (request) => ({ status: 202, headers: { location: new URL("/api/done", request.url).href } }) });
      app.http("done", { handler: () => ({ body: "done" }) });
      df.app.orchestration("polls", function* (context) {
        const { content } = yield context.df.callHttp({ method: "GET", url: "http://" + process.env.WEBSITE_HOSTNAME + "/api/poll" });
        return content;
      });`;
    host = await run(app(settings, code), { virtualTime: true });
    await orchestrate("polls/a");
    const { output, historyEvents } = await host.ended("a");
    expect(output).toBe("done");
    const [created, fired] = ["TimerCreated", "TimerFired"].map((type) =>
      historyEvents.find(({ EventType }) => EventType === type),
    );
    const rest = Date.parse(String(fired?.["Timestamp"])) - Date.parse(String(created?.["Timestamp"]));
    expect(Math.round(rest / 1000)).toBe(7);
  });

  const waits = `df.app.orchestration("waits", function* (context) { return yield context.df.waitForExternalEvent("Go"); });`;
  test("starts over a live instance where any state may be overridden, and refuses it otherwise", async () => {
    host = await run(app(durable({ overridableExistingInstanceStates: "AnyState" }), waits));
    expect((await orchestrate("waits/a")).status).toBe(202);
    await until(host.url, "a", ({ runtimeStatus }) => runtimeStatus === "Running");
    expect((await orchestrate("waits/a")).status).toBe(202);
    await host.close();
    host = await run(app({}, waits));
    await orchestrate("waits/a");
    expect((await orchestrate("waits/a")).status).toBe(409);
  });

  test("hangs beyond the limit of actions, and says so", async () => {
    const code = `
      df.app.activity("echo", { handler: (value) => value });
      df.app.orchestration("many", function* (context) {
        for (let index = 0; index < Number(context.df.getInput()); index++) yield context.df.callActivity("echo", index);
        return "all";
      });`;
    host = await run(app(durable({ maxOrchestrationActions: 5 }), code));
    await host.post("/runtime/webhooks/durabletask/orchestrators/many/five", 5);
    expect((await host.ended("five")).output).toBe("all");
    await host.post("/runtime/webhooks/durabletask/orchestrators/many/six", 6);
    const { lines } = host;
    await until(host.url, "six", () =>
      lines.some((line) => line.includes("more than 5 activities, children and timers")),
    );
  });

  test("keeps inputs in history where it is told to", async () => {
    const code = `
      df.app.activity("echo", { handler: (value) => value });
      df.app.orchestration("one", function* (context) { return yield context.df.callActivity("echo", { a: 1 }); });
      app.http("seen", { handler: () => ({ jsonBody: globalThis.seen }) });
      app.hook.preInvocation(({ inputs: [input] }) => { globalThis.seen = input?.history?.find(({ EventType }) => EventType === 4)?.Input ?? globalThis.seen; });`;
    host = await run(app(durable({ storeInputsInOrchestrationHistory: true }), code));
    await orchestrate("one/a");
    await host.ended("a");
    expect(await (await host.get("/api/seen")).json()).toBe('[{"a":1}]');
  });

  test.each([
    ["new Date('nonsense')", "Error converting value {null} to type 'System.DateTime'. Path 'actions[0][0].fireAt'."],
    [
      "new Date(8.64e15)",
      "Could not convert string to DateTime: +275760-09-13T00:00:00.000Z. Path 'actions[0][0].fireAt'.",
    ],
  ])("fails a timer for %s", async (date, words) => {
    host = await run(
      app({}, `df.app.orchestration("timer", function* (context) { yield context.df.createTimer(${date}); });`),
    );
    await orchestrate("timer/a");
    expect(await host.ended("a")).toMatchObject({
      runtimeStatus: "Failed",
      output: `Orchestrator function 'timer' failed: ${words}`,
    });
  });

  test("waits for an end only where a timeout and an interval are given, and refuses an interval over the timeout", async () => {
    host = await run(app({}, `df.app.orchestration("one", function* () { return 1; });`));
    expect((await orchestrate("one?timeout=5")).status).toBe(202);
    expect((await orchestrate("one?timeout=5&pollingInterval=1")).status).toBe(200);
    const refused = await orchestrate("one?timeout=1&pollingInterval=5");
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("Total timeout 1 should be bigger than retry timeout 5");
  });

  test("keeps an encoded slash in an id as it is", async () => {
    host = await run(app({}, `df.app.orchestration("tells", function* (context) { return context.df.instanceId; });`));
    const answer = (await (await orchestrate("tells/a%2Fb")).json()) as { id: string };
    expect(answer.id).toBe("a%2Fb");
  });

  test("refuses what its SDK asks of entities in words", async () => {
    const code = `
      app.http("entity", {
        extraInputs: [df.input.durableClient()],
        handler: async (_request, context) => {
          const client = df.getClient(context);
          const words = [];
          for (const ask of [() => client.readEntityState(new df.EntityId("a", "b")), () => client.signalEntity(new df.EntityId("a", "b"), "add")])
            words.push(await ask().then(() => "nothing", (error) => error.message));
          return { jsonBody: words };
        },
      });`;
    host = await run(app({}, code));
    const words = (await (await host.get("/api/entity")).json()) as string[];
    expect(words).toEqual([expect.stringContaining("not supported"), expect.stringContaining("not supported")]);
  });
});

describe("local.settings.json", () => {
  test("gives connection strings under the names of the Core Tools, and the app its own folder", async () => {
    const local = {
      ConnectionStrings: { Sql: "Server=x", Old: { ConnectionString: "Server=y", ProviderName: "System.Data" } },
    };
    const names = ["ConnectionStrings:Sql", "ConnectionStrings:Old", "ConnectionStrings:Old_ProviderName"];
    const folders = ["AzureWebJobsScriptRoot", "FUNCTIONS_APPLICATION_DIRECTORY"];
    const at = app({}, showsEnv(...names, ...folders), { local });
    host = await run(at);
    expect(await (await host.get("/api/env")).json()).toEqual(["Server=x", "Server=y", "System.Data", at, at]);
  });

  test("that is encrypted is refused with what to do", async () => {
    await expect(run(app({}, hello, { local: { IsEncrypted: true, Values: { A: "x" } } }))).rejects.toThrow(
      'local.settings.json: "IsEncrypted" is true: its values cannot be read here; decrypt it with "func settings decrypt"',
    );
  });

  test("gives the app's Node its arguments, and the largest body that is taken", async () => {
    const local = {
      Values: { languageWorkers__node__arguments: "--max-old-space-size=300", FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "10" },
    };
    host = await run(app({}, `app.http("args", { handler: () => ({ jsonBody: process.execArgv }) });`, { local }));
    expect(await (await host.get("/api/args")).json()).toContain("--max-old-space-size=300");
    expect((await host.post("/api/args", "short")).status).toBe(200);
    expect((await host.post("/api/args", "longer than ten bytes")).status).toBe(413);
  });
});

describe("an app", () => {
  test("of the model before is told so", async () => {
    const at = app({}, "", { main: "" });
    mkdirSync(join(at, "HttpTrigger1"));
    writeFileSync(join(at, "HttpTrigger1/function.json"), "{}");
    await expect(run(at)).rejects.toThrow("HttpTrigger1/function.json: the function.json model (v3) is not supported");
  });

  test("gives its last hooks what its first hooks left for them", async () => {
    const file = join(folder, "left.txt");
    host = await run(
      app(
        {},
        `${hello}
        app.hook.appStart((context) => { context.hookData.left = "from the start"; });
        app.hook.appTerminate((context) => { require("fs").writeFileSync(${JSON.stringify(file)}, String(context.hookData.left)); });`,
      ),
    );
    await host.close();
    host = undefined;
    expect(readFileSync(file, "utf8")).toBe("from the start");
  });

  test("sets a cookie for every path unless it says another", async () => {
    const code = `app.http("cookies", { handler: () => ({ cookies: [{ name: "a", value: "1" }, { name: "b", value: "2", path: "/x" }] }) });`;
    host = await run(app({}, code));
    expect((await host.get("/api/cookies")).headers.getSetCookie()).toEqual(["a=1; path=/", "b=2; path=/x"]);
  });

  test("that states a wrong length of its answer is broken off, or not begun", async () => {
    const code = `app.http("says", { handler: (request) => ({ headers: { "content-length": request.query.get("length") }, body: "hello" }) });`;
    host = await run(app({}, code));
    expect(await (await host.get("/api/says?length=5")).text()).toBe("hello");
    expect((await host.get("/api/says?length=2")).status).toBe(500);
    await expect(host.get("/api/says?length=99").then((answer) => answer.text())).rejects.toThrow();
  });

  test("takes headers of up to 32 KB, and no host that is none", async () => {
    host = await run(app({}, hello));
    const { port } = new URL(host.url);
    expect((await fetch(`${host.url}/api/hello`, { headers: { "x-long": "a".repeat(30_000) } })).status).toBe(200);
    expect(
      await rawAnswer(Number(port), "GET /api/hello HTTP/1.1\r\nHost: a b:c\r\nConnection: close\r\n\r\n"),
    ).toMatch(/^HTTP\/1.1 40[03]/);
  });
});

function rawAnswer(port: number, request: string): Promise<string> {
  const socket = connect(port, "127.0.0.1", () => socket.write(request));
  return text(socket);
}
