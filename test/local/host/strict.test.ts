import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { appsIn, run, scratch, until, type Running } from "./running.ts";

const app = appsIn(scratch());
let host: Running | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
});
const begin = (path: string): Promise<Response> =>
  (host as Running).post(`/runtime/webhooks/durabletask/orchestrators/${path}`, null);

describe("a binding that this host does not have", () => {
  const queue = app(
    {},
    `app.storageQueue("takes", { queueName: "q", connection: "AzureWebJobsStorage", handler: () => undefined });`,
  );

  test("is named in a warning", async () => {
    host = await run(queue);
    expect(host.lines.join("\n")).toContain('function "takes" (queueTrigger) is never started by this host');
  });

  test("is refused under strict, by function and binding", async () => {
    const started = run(queue, { strict: true });
    await expect(started).rejects.toMatchObject({
      name: "HostError",
      message: expect.stringMatching(/^refused under strict: function "takes" \(queueTrigger\)/),
    });
  });
});

describe("an activity that ends its process each time", () => {
  const exits = app(
    {},
    `df.app.activity("exits", { handler: () => process.exit(1) });
     df.app.orchestration("one", function* (context) { return yield context.df.callActivity("exits"); });`,
  );

  test("is run again and again, which is told once", async () => {
    host = await run(exits);
    const { lines } = host;
    await begin("one/a");
    const told = (): readonly string[] => lines.filter((line) => line.includes("ran 3 times while"));
    const again = (): boolean => lines.filter((line) => line.includes("is run again:")).length > 4;
    await until(host.url, "a", () => told().length > 0 && again());
    expect(told()).toEqual([expect.stringMatching(/instance "a": activity "exits" ran 3 times while .*exit code 1/)]);
  });

  test("fails under strict", async () => {
    host = await run(exits, { strict: true });
    await begin("one/a");
    expect(await host.ended("a")).toMatchObject({
      runtimeStatus: "Failed",
      output: expect.stringMatching(/Activity function 'exits' failed: activity "exits" ran 5 times while/),
    });
  });
});

describe("--node", () => {
  const tells = app(
    {},
    `app.http("tells", { handler: () => ({ body: process.version }) });
    df.app.activity("echo", { handler: (value) => value + 1 });
    df.app.orchestration("one", function* (context) { return yield context.df.callActivity("echo", 1); });`,
  );
  // The one that is installed here, where there is one besides ours.
  const other = ["/usr/bin/node", "/usr/local/bin/node", process.execPath].find((path) => existsSync(path)) ?? "";

  test("runs the app on that Node", async () => {
    host = await run(tells, { node: other });
    const version = execFileSync(other, ["--version"], { encoding: "utf8" }).trim();
    expect(await (await host.get("/api/tells")).text()).toBe(version);
    await begin("one/a");
    expect(await host.ended("a")).toMatchObject({ runtimeStatus: "Completed", output: 2 });
  });

  test.each(["/nowhere/node", "/bin/true"])("refuses %s, which is none", async (node) => {
    await expect(run(tells, { node })).rejects.toThrow(`--node ${node}: it does not tell its version as Node does`);
  });
});
