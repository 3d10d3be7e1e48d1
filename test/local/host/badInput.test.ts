import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { run, scratch } from "./running.ts";

const folder = scratch();
let count = 0;

/** A function app made of the files given; what is undefined is left out. */
function app(files: Readonly<Record<string, string | undefined>>): string {
  const at = join(folder, `app-${(count += 1)}`);
  mkdirSync(at);
  const usual = {
    "host.json": '{ "version": "2.0" }',
    "package.json": '{ "main": "*.cjs" }',
    "app.cjs": 'require("@azure/functions").app.http("hello", { handler: () => ({ body: "hello" }) });',
  };
  for (const [name, content] of Object.entries({ ...usual, ...files })) {
    if (content === undefined) continue;
    mkdirSync(dirname(join(at, name)), { recursive: true });
    writeFileSync(join(at, name), content);
  }
  return at;
}
const hello = (name: string, route = name): string =>
  `require("@azure/functions").app.http(${JSON.stringify(name)}, { route: ${JSON.stringify(route)}, handler: () => ({}) });`;
/** The library of today, which gives the host no more than version 4.1 did. */
const withoutCapabilities = `
  const core = require("@azure/functions-core");
  const set = core.setProgrammingModel;
  core.setProgrammingModel = (model) =>
    set({ name: model.name, version: "4.1.0", getInvocationModel: (invocation) => model.getInvocationModel(invocation) });
  ${hello("hello")}`;

test.each<[string, Readonly<Record<string, string | undefined>>, RegExp]>([
  ["without host.json", { "host.json": undefined }, /host\.json is missing: not a function app folder$/],
  ["with a broken host.json", { "host.json": "{ version" }, /host\.json is not JSON: /],
  ["with a host.json of another version", { "host.json": "{}" }, /host\.json: "version" must be "2\.0"$/],
  ["without package.json", { "package.json": undefined }, /package\.json is missing/],
  ["without a main", { "package.json": "{}" }, /"main" is missing/],
  [
    "with a main that nothing matches",
    { "package.json": '{ "main": "dist/*.js" }' },
    /"dist\/\*\.js", and no file in .* matches/,
  ],
  ["with a broken local.settings.json", { "local.settings.json": "[" }, /local\.settings\.json is not JSON/],
  [
    "that throws while loading",
    { "app.cjs": 'throw new Error("no key")' },
    /unable to load entry point "app\.cjs": no key$/,
  ],
  [
    "that needs a module which is not there",
    { "app.cjs": 'require("absent-module")' },
    /Cannot find module 'absent-module'$/,
  ],
  ["that ends while loading", { "app.cjs": "process.exit(5)" }, /ended while loading \(exit code 5\)$/],
  ["that registers nothing", { "app.cjs": "" }, /registered nothing/],
  ["with one name twice", { "b.cjs": hello("hello") }, /A function with id "hello" has already been registered/],
  [
    "whose functions are all in error",
    { "app.cjs": `${hello("9to5")}${hello("b", "admin/x")}` },
    /^no function can run: "9to5" is not a valid function name; function "b": The specified route conflicts/,
  ],
  [
    "with nothing but a schedule that is none",
    {
      "app.cjs": 'require("@azure/functions").app.timer("nightly", { schedule: "0 0 25 * * *", handler: () => {} });',
    },
    /function "nightly": "0 0 25 \* \* \*" is no schedule: neither a NCRONTAB expression nor a TimeSpan$/,
  ],
  [
    "with nothing but a schedule that needs a setting",
    { "app.cjs": 'require("@azure/functions").app.timer("nightly", { schedule: "%WHEN%", handler: () => {} });' },
    /function "nightly": the schedule needs the app setting "WHEN"$/,
  ],
  [
    "with a time zone that is none",
    { "local.settings.json": '{ "Values": { "WEBSITE_TIME_ZONE": "Mars/Olympus" } }' },
    /WEBSITE_TIME_ZONE: "Mars\/Olympus" is no time zone; give an IANA name such as Europe\/Berlin$/,
  ],
])("an app %s is refused in one line", async (_what, files, message) => {
  const failure: unknown = await run(app(files)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: "HostError", message: expect.stringMatching(message) });
  expect((failure as Error).message).not.toContain("\n");
});

const timer = (name: string, schedule: string): string =>
  `require("@azure/functions").app.timer(${JSON.stringify(name)}, { schedule: ${JSON.stringify(schedule)}, handler: () => {} });`;

describe.each<[string, string, string, RegExp]>([
  ["a name that cannot be", "9to5", hello("9to5"), /"9to5" is not a valid function name/],
  ["the name of the host", "Host", hello("Host"), /"Host" is not a valid function name/],
  [
    "the name of another in other case",
    "Hello",
    hello("Hello", "other"),
    /two functions are named "Hello" \(case does not count\)/,
  ],
  ["a reserved route", "b", hello("b", "admin/x"), /The specified route conflicts with one or more built in routes/],
  ["the route of another", "z", hello("z", "HELLO"), /conflicts with the route defined by function 'hello'/],
  [
    "a route that cannot be read",
    "b",
    hello("b", "x/{a"),
    /route "x\/\{a": a brace is not closed|a brace is not closed/,
  ],
  ["a schedule that is none", "nightly", timer("nightly", "0 0 25 * * *"), /is no schedule/],
  ["a schedule of a setting that is not there", "nightly", timer("nightly", "%WHEN%"), /the app setting "WHEN"/],
])("a function with %s", (_what, name, file, reason) => {
  test("is in error, and the others run", async () => {
    const host = await run(app({ "b.cjs": file }));
    try {
      expect((await host.get("/api/hello")).status).toBe(200);
      const told = host.lines.filter((line) => line.includes(`The '${name}' function is in error: `));
      expect(told).toEqual([expect.stringMatching(reason)]);
      const listed = (await (await host.get("/admin/functions")).json()) as { name: string; isDisabled: boolean }[];
      expect(listed.find((one) => one.name === name)).toMatchObject({ isDisabled: false });
    } finally {
      await host.close();
    }
  });

  test("is refused under strict", async () => {
    const started = run(app({ "b.cjs": file }), { strict: true });
    await expect(started).rejects.toMatchObject({ name: "HostError", message: expect.stringMatching(reason) });
  });
});

test.each<[string, Readonly<Record<string, string | undefined>>]>([
  ["of @azure/functions 4.1, which tells no capabilities", { "app.cjs": withoutCapabilities }],
  [
    "whose main is a folder, with hidden files in it",
    {
      "package.json": '{ "main": "src/functions" }',
      "app.cjs": undefined,
      "src/functions/deep/hello.js": hello("hello"),
      "src/functions/.hidden.js": "throw new Error('hidden')",
      "src/functions/node_modules/other/index.js": "throw new Error('a package')",
    },
  ],
  [
    "with comments and trailing commas in its JSON files",
    {
      "host.json":
        '\uFEFF// ours\n{ "version": "2.0", /* "x": 1, */ "extensions": { "http": { "routePrefix": "api", }, }, }',
      "local.settings.json": '{ "Values": { "URL": "http://a//b", "LIST": "[1,]\\"//,}", }, } // the end',
      "app.cjs": `if (process.env.URL + process.env.LIST !== 'http://a//b[1,]"//,}') throw new Error(process.env.LIST);
        ${hello("hello")}`,
    },
  ],
])("an app %s is run", async (_what, files) => {
  const host = await run(app(files));
  try {
    expect((await host.get("/api/hello")).status).toBe(200);
  } finally {
    await host.close();
  }
});

test("settings come from local.settings.json, then the environment, then the caller", async () => {
  process.env.HOST_TEST_BOTH = "environment";
  const values = { HOST_TEST_FILE: "file", HOST_TEST_BOTH: "file", HOST_TEST_CALLER: "file" };
  const names = Object.keys(values).map((name) => `process.env.${name}`);
  const host = await run(
    app({
      "local.settings.json": JSON.stringify({ Values: values }),
      "app.cjs": `require("@azure/functions").app.http("env", { handler: () => ({ jsonBody: [${names.join(", ")}] }) });`,
    }),
    { env: { HOST_TEST_CALLER: "caller" } },
  );
  try {
    expect(await (await host.get("/api/env")).json()).toEqual(["file", "environment", "caller"]);
  } finally {
    delete process.env.HOST_TEST_BOTH;
    await host.close();
  }
});

describe("a state file", () => {
  const refused = async (state: string): Promise<string> => {
    const failure: unknown = await run(app({}), { state }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "HostError" });
    return (failure as Error).message;
  };

  test("in use by another host is refused, and free again when that one has closed", async () => {
    const state = join(folder, "used.db");
    const first = await run(app({}), { state });
    expect(await refused(state)).toBe(`state file ${state} is in use by another running host`);
    await first.close();
    await (await run(app({}), { state })).close();
  });

  test("that is no database is refused and left as it is", async () => {
    const state = join(folder, "damaged.db");
    writeFileSync(state, "this is not a database, ".repeat(100));
    const before = readFileSync(state);
    expect(await refused(state)).toMatch(/cannot be used, and was left as it is: /);
    expect(readFileSync(state).equals(before)).toBe(true);
  });

  test.each([
    ["of another program", "CREATE TABLE other (x)", /is not a host's state file/],
    [
      "of another version",
      `CREATE TABLE other (x); PRAGMA application_id = ${0x4675_6e63}; PRAGMA user_version = 99`,
      /was written by another version of the host/,
    ],
  ])("%s is refused and left as it is", async (what, sql, message) => {
    const state = join(folder, `${what.replaceAll(" ", "-")}.db`);
    const database = new DatabaseSync(state);
    database.exec(sql);
    database.close();
    const before = readFileSync(state);
    expect(await refused(state)).toMatch(message);
    expect(readFileSync(state).equals(before)).toBe(true);
  });
});

test("timers of another version of the host are refused and left as they are, and so is the state file", async () => {
  const state = join(folder, "timers.db");
  await (await run(app({}), { state })).close();
  writeFileSync(`${state}.timers.json`, '{"version":99,"timers":{}}');
  const before = readFileSync(state);
  await expect(run(app({}), { state })).rejects.toThrow(
    `timer file ${state}.timers.json was written by another version of the host, and was left as it is`,
  );
  expect(readFileSync(state).equals(before)).toBe(true);
  expect(readFileSync(`${state}.timers.json`, "utf8")).toBe('{"version":99,"timers":{}}');
});

test("a port in use is refused when it has to be that one", async () => {
  const first = await run(app({}));
  try {
    await expect(run(app({}), { port: first.port, exactPort: true })).rejects.toThrow(
      `port ${first.port} is in use; stop what uses it, or give another with --port`,
    );
  } finally {
    await first.close();
  }
});

test("a refused app frees the port and the state file", async () => {
  const state = join(folder, "freed.db");
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  await expect(run(app({ "app.cjs": "throw new Error('once')" }), { state, port })).rejects.toThrow("once");
  const host = await run(app({}), { state, port });
  expect(host.port).toBe(port);
  await host.close();
});
