import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { messageOf } from "./errors.ts";
import { startHost } from "./start.ts";

const repository = resolve(import.meta.dirname, "../..");
const shared = resolve(repository, "../shared");

/** Where the recordings, the app they were made with, the driver and the comparer are; undefined when they are not here. */
export function recordings(): { readonly golden: string; readonly tools: string } | undefined {
  const [golden, tools] = [join(shared, "facts/golden"), join(shared, "tools/golden")];
  return existsSync(golden) && existsSync(tools) ? { golden, tools } : undefined;
}

/**
 * In the recordings the backend's timers were late: the retry of `retryTimesOut`, due after 0.4 s, came after its time limit
 * of 1 s. Only there does it show.
 */
const timerLatenessInMs = 650;

/** Drives the recorded app on this host and compares; resolves with the comparer's report and how many scenarios differ. */
export async function runGolden(only?: string): Promise<{ readonly report: string; readonly failed: number }> {
  const at = recordings();
  if (!at) throw new Error(`no recordings at ${shared}`);
  mkdirSync(join(repository, ".crosspull"), { recursive: true });
  const folder = mkdtempSync(join(repository, ".crosspull", "golden-"));
  const app = join(folder, "app");
  cpSync(join(at.tools, "app"), app, { recursive: true });
  chmodSync(app, 0o755);
  symlinkSync(join(repository, "node_modules"), join(app, "node_modules"));
  const trace = join(folder, "trace.jsonl");
  const host = await startHost({ app, port: 0, state: ":memory:", env: { GOLDEN_TRACE: trace }, timerLatenessInMs });
  try {
    const [mine, chosen] = [join(folder, "mine"), only ? ["--only", only] : []];
    const rpc = ["--rpc", `${host.rpcUrl}/durabletask`];
    await script(join(at.tools, "drive.mjs"), "--url", host.url, "--trace", trace, "--out", mine, ...rpc, ...chosen);
    const report = await script(join(at.tools, "compare.mjs"), "--golden", at.golden, "--mine", mine, ...chosen);
    return { report, failed: Number(/(\d+) failed/.exec(report)?.[1] ?? NaN) };
  } finally {
    await host.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The script's output, also when it ends with an error code: that only says that something differs. */
async function script(file: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(process.execPath, [file, ...args])).stdout;
  } catch (error) {
    if (error instanceof Error && "stdout" in error && typeof error.stdout === "string" && error.stdout !== "")
      return error.stdout;
    throw error;
  }
}

const usage = `Usage: npm run golden -- [--only NAME,NAME...]

Drives the recorded app on this host and compares each exchange with the recordings of the real Durable extension.
`;

/** On its own: all scenarios, or those of `--only name,name`. */
async function main(): Promise<void> {
  const options = chosen();
  if (typeof options === "string") {
    process.stderr.write(`${options}\n\n${usage}`);
    process.exitCode = 2;
  } else if (options.help) process.stdout.write(usage);
  else if (!recordings()) console.log(`skipped: the recordings (${shared}) are not here`);
  else {
    const { report, failed } = await runGolden(options.only);
    process.stdout.write(report);
    process.exitCode = failed === 0 ? 0 : 1;
  }
}

/** What the command line says, or what is wrong with it. */
function chosen(): { readonly only?: string | undefined; readonly help?: boolean | undefined } | string {
  try {
    return parseArgs({ options: { only: { type: "string" }, help: { type: "boolean", short: "h" } } }).values;
  } catch (error) {
    return messageOf(error);
  }
}

if (process.argv[1] === import.meta.filename) void main();
