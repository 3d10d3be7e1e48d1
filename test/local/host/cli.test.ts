import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apps, scratch } from "./running.ts";

const folder = scratch();
const cli = join(import.meta.dirname, "../../../local/host/cli.ts");
/** Behind `--`, as otherwise Node reads `--env-file` itself, wherever it stands. */
function host(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "--", cli, ...args],
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
      },
    );
  });
}

test("--help names every option", async () => {
  const { code, stdout } = await host("--help");
  expect(code).toBe(0);
  for (const option of [
    "--app",
    "--port",
    "--state",
    "--env-file",
    "--log-level",
    "--strict",
    "--watch",
    "--exact-port",
    "--virtual-time",
    "--hold",
    "--node",
  ])
    expect(stdout).toContain(option);
});

/** 2: wrong usage; 1: the app cannot be run so. */
test.each<[string, number, readonly string[], RegExp]>([
  ["a folder that is no app", 1, ["--app", "/"], /^\/host\.json is missing: not a function app folder\n$/],
  ["a port that is none", 2, ["--port", "high"], /a port is a number from 0 to 65535/],
  ["a log level that is none", 2, ["--log-level", "loud"], /not a log level/],
  ["an instant that is none", 2, ["--virtual-time=tomorrow"], /an instant is written as 2030-01-07T08:00:00Z/],
  ["a hold without virtual time", 2, ["--hold"], /^--hold: only virtual time can be held/],
  [
    "a Node that is none",
    1,
    ["--app", join(apps, "http"), "--node", "/bin/true"],
    /^--node \/bin\/true: it does not tell/,
  ],
  ["an env file that is not there", 1, ["--env-file", "/absent"], /^\/absent: no such file\n$/],
])("%s ends with exit code %i and one line", async (_what, status, args, message) => {
  const { code, stderr } = await host(...args);
  expect([code, stderr]).toEqual([status, expect.stringMatching(message)]);
});

test("an app with a bad schedule, and a damaged state file, end with exit code 1 and one line too", async () => {
  const app = join(folder, "bad-app");
  mkdirSync(app);
  writeFileSync(join(app, "host.json"), '{ "version": "2.0" }');
  writeFileSync(join(app, "package.json"), '{ "main": "app.cjs" }');
  const timer = 'require("@azure/functions").app.timer("t", { schedule: "often", handler: () => {} });';
  writeFileSync(join(app, "app.cjs"), timer);
  const schedule = await host("--app", app, "--port", "0", "--state", ":memory:", "--log-level", "none");
  expect([schedule.code, schedule.stderr]).toEqual([
    1,
    expect.stringMatching(/^no function can run: function "t": "often" is no schedule.*\n$/),
  ]);
  const state = join(folder, "damaged.db");
  writeFileSync(state, "not a database, ".repeat(100));
  const damaged = await host("--app", join(apps, "http"), "--port", "0", "--state", state);
  expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringMatching(/^state file .* was left as it is.*\n$/)]);
});

test("a line of an env file that is not KEY=value is refused", async () => {
  const file = join(folder, "bad.env");
  writeFileSync(file, "# comment\nA=1\nnonsense\n");
  expect((await host("--app", join(apps, "http"), "--env-file", file)).stderr).toBe(
    `${file}: not KEY=value: nonsense\n`,
  );
});
