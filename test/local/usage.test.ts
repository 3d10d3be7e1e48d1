import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

function run(file: string, ...flags: readonly string[]) {
  const cli = ["--disable-warning=ExperimentalWarning", "--", file, ...flags];
  return spawnSync(process.execPath, cli, { cwd: root, encoding: "utf8" });
}

/** Every command of package.json that has words of its own; `simulate` has a test of its own. */
describe.each([
  "local/start.ts",
  "local/token.ts",
  "local/cloud/cli.ts",
  "local/host/cli.ts",
  "local/host/crash/cli.ts",
  "local/host/golden.ts",
  "bench/cli.ts",
  "test/conformance/cli.ts",
  "test/realClients/cli.ts",
  "scripts/mutation.mjs",
])("%s", (file) => {
  test.each(["--nonsense", "nonsense"])(
    "refuses %s with exit code 2 and the reason, and prints nothing else",
    (flag) => {
      const { status, stdout, stderr } = run(file, flag);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(/nonsense/);
      expect(stderr).not.toMatch(/ at .*:\d+/);
    },
  );

  test("says how it is used with --help, and ends with 0", () => {
    const { status, stdout, stderr } = run(file, "--help");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage|Usage: /m);
  });
});

test.each([
  ["local/cloud/cli.ts", "--life", "sunshine"],
  ["local/cloud/cli.ts", "--port", "many"],
  ["test/realClients/cli.ts", "--life", "sunshine"],
  ["local/host/cli.ts", "--port", "many"],
  ["bench/cli.ts", "host", "--waiting", "0"],
])("%s %s: a value that cannot be is wrong usage, and named", (file, ...flags) => {
  const { status, stdout, stderr } = run(file, ...flags);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(flags.at(-1));
});
