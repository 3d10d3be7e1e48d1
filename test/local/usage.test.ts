import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

function run(file: string, ...flags: readonly string[]) {
  const cli = ["--disable-warning=ExperimentalWarning", "--", file, ...flags];
  return spawnSync(process.execPath, cli, { cwd: root, encoding: "utf8" });
}

/** Every command of package.json with flags of its own; `simulate` has a test of its own. */
test.each([
  ["local/start.ts", "nonsense"],
  ["local/token.ts", "--nonsense"],
  ["local/cloud/cli.ts", "--life", "sunshine"],
  ["local/host/cli.ts", "--port", "many"],
  ["local/host/crash/cli.ts", "--nonsense"],
  ["local/host/golden.ts", "--nonsense"],
  ["bench/cli.ts", "host", "--waiting", "0"],
  ["test/conformance/cli.ts", "nonsense"],
  ["test/realClients/cli.ts", "--life", "sunshine"],
  ["scripts/mutation.mjs", "nonsense"],
])("%s refuses what it does not take with exit code 2 and the reason, and prints nothing else", (file, ...flags) => {
  const { status, stdout, stderr } = run(file, ...flags);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(flags.at(-1));
  expect(stderr).not.toMatch(/ at .*:\d+/);
});

test.each(["local/host/golden.ts", "scripts/mutation.mjs"])("%s says how it is used, and ends with 0", (file) => {
  const { status, stdout, stderr } = run(file, "--help");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^Usage: /);
});
