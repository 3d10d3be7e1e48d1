import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { HostError } from "./errors.ts";

/** How the app's process is started. */
export interface AppNode {
  readonly script: string;
  readonly execPath: string;
  readonly execArgv: readonly string[];
}

const script = join(import.meta.dirname, "worker/main.ts");
const oldestMajor = 20;

/** By the Node that runs the host, which reads TypeScript. */
export const ownNode: AppNode = {
  script,
  execPath: process.execPath,
  execArgv: ["--disable-warning=ExperimentalWarning"],
};

/** By another, which may not: it gets the worker as one file of plain JavaScript. */
export async function otherNode(execPath: string): Promise<AppNode> {
  // Only here: every other start of a host does without it.
  const { build } = await import("esbuild");
  const outfile = join(import.meta.dirname, "../../.crosspull/host/worker.mjs");
  await build({
    entryPoints: [script],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: `node${oldestMajor}`,
    logLevel: "silent",
  });
  return { script: outfile, execPath, execArgv: [] };
}

/** The path, looked at; undefined for none. Throws a HostError where it is no Node, or one that is too old. */
export function nodeAt(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const { stdout, error } = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 30_000 });
  const [version, major] = /^v(\d+)\.\d+\.\d+/.exec(error ? "" : stdout) ?? [];
  if (version === undefined) throw new HostError(`--node ${path}: it does not tell its version as Node does`);
  if (Number(major) < oldestMajor)
    throw new HostError(
      `--node ${path}: it is Node ${version}, and Azure Functions runs apps on ${oldestMajor} and later`,
    );
  return path;
}
