import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

function simulate(...flags: readonly string[]) {
  const cli = ["--disable-warning=ExperimentalWarning", "--", "local/simulate/cli.ts", ...flags];
  return spawnSync(process.execPath, cli, { cwd: root, encoding: "utf8" });
}

test.each([
  ["another scenario", ["--scenario", "nightfall"]],
  ["a seed that is no number", ["--seed", "many"]],
  ["no clusters", ["--clusters", "0"]],
  ["other faults", ["--faults", "some"]],
  ["a flag that is not known", ["--fast"]],
  ["days where no year goes by", ["--days", "3"]],
  ["a year of no days", ["--scenario", "year", "--days", "0"]],
  ["pulls all the time", ["--scenario", "year", "--pull-every", "1"]],
  ["hardly any pulls", ["--scenario", "year", "--pull-every", "90000"]],
  ["an argument too many", ["onboarding"]],
])("%s is wrong usage: exit code 2, the reason on stderr, nothing on stdout", (_, flags) => {
  const { status, stdout, stderr } = simulate(...flags);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^error: /);
});

test("an estate that is not there is wrong usage", () => {
  const { status, stdout, stderr } = simulate("--estate", "nowhere");
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/nowhere/);
});

test("--help tells the flags and the exit codes", () => {
  const { status, stdout } = simulate("--help");
  expect(status).toBe(0);
  for (const word of ["--scenario", "--seed", "--clusters", "--estate", "--faults", "Exit code 0"])
    expect(stdout).toContain(word);
});
