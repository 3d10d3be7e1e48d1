/**
 * `npm run conformance`: judges one whole onboarding, and then everything the tests of the simulated services and of the
 * adapters say and hear, by Microsoft's documents. Exit status 1 where something is left that nobody accounted for.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { endByUsage } from "../../local/usage.ts";
import { buildApp } from "../../local/stack/build.ts";
import { allowedOnboarding, allowedTests } from "./allowed.ts";
import { installChecker, judge, worded, type Verdict } from "./checker.ts";
import { recordOnboarding } from "./onboarding.ts";

new Command("npm run conformance")
  .description(
    "Judges one whole onboarding, and then everything that the tests of the simulated services and of the adapters say and hear, by Microsoft's documents. Exit code 1 where something is left that nobody accounted for.",
  )
  .allowExcessArguments(false)
  .exitOverride(endByUsage)
  .parse();

const root = join(import.meta.dirname, "../..");
const checker = await installChecker();
if ("missing" in checker) {
  process.stdout.write(`Skipped: ${checker.missing}.\n`);
} else {
  await buildApp(root);
  const onboarding = await judged(await recordOnboarding(), "A whole onboarding", (file) =>
    judge(checker.folder, file, allowedOnboarding),
  );
  const tests = await judged(recordTests(), "What the tests say and hear", (file) =>
    judge(checker.folder, file, allowedTests),
  );
  process.exitCode = onboarding.left.length + tests.left.length > 0 ? 1 : 0;
}
// Sockets kept alive by clients must not hold the process.
process.exit();

async function judged(recording: string, title: string, by: (file: string) => Promise<Verdict>): Promise<Verdict> {
  try {
    const verdict = await by(recording);
    process.stdout.write(`\n${title}: ${worded(verdict)}\n`);
    return verdict;
  } finally {
    rmSync(dirname(recording), { recursive: true });
  }
}

function recordTests(): string {
  const recording = join(mkdtempSync(join(tmpdir(), "crosspull-conformance-")), "tests.jsonl");
  const jest = join(root, "node_modules/jest/bin/jest.js");
  const env = { ...process.env, CROSSPULL_RECORD_TO: recording };
  const { status } = spawnSync(process.execPath, [jest, "--forceExit", "test/local/cloud", "test/azure"], {
    cwd: root,
    env,
    stdio: "ignore",
    timeout: 900_000,
  });
  if (status !== 0) process.stdout.write("\nSome of these tests failed; run them alone to see why.\n");
  return recording;
}
