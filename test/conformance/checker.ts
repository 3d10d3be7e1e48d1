/** Microsoft's documents as judge: runs the checker of ../shared over a recording, where that folder is there. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const shared = join(root, "../shared");
const tool = join(shared, "tools/azure-conformance");
const specs = join(shared, "specs");

/** One line of the checker's output. */
export interface Finding {
  readonly kind: "violation" | "unknown";
  /** The operation and its api-version, or the service. */
  readonly label: string;
  readonly side: string;
  readonly code: string;
  /** Where in the request or response. */
  readonly at: string;
  readonly message: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** A finding we accept, and why: where document and reality differ, or where the document is not at hand. */
export interface Allowance {
  readonly reason: string;
  covers(finding: Finding): boolean;
}

export interface Verdict {
  readonly exchanges: number;
  readonly checked: number;
  /** How many findings each reason covers. */
  readonly allowed: ReadonlyMap<string, number>;
  /** What no reason covers. */
  readonly left: readonly Finding[];
}

/** The folder of a checker that can run, or why there is none. Its dependencies are installed once, outside the repository. */
export async function installChecker(): Promise<{ readonly folder: string } | { readonly missing: string }> {
  if (!existsSync(join(tool, "check.mjs")) || !existsSync(specs)) return { missing: "../shared is not here" };
  const lock = createHash("sha256").update(readFileSync(join(tool, "package-lock.json")));
  const folder = join(tmpdir(), `azure-conformance-${lock.digest("hex").slice(0, 12)}-${process.getuid?.() ?? 0}`);
  if (existsSync(join(folder, "check.mjs"))) return { folder };
  const making = `${folder}.${process.pid}`;
  try {
    mkdirSync(making, { recursive: true, mode: 0o700 });
    for (const file of ["package.json", "package-lock.json"]) cpSync(join(tool, file), join(making, file));
    await run("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: making, timeout: 120_000 });
    for (const file of ["check.mjs", "lib"]) cpSync(join(tool, file), join(making, file), { recursive: true });
    if (!existsSync(folder)) renameSync(making, folder);
    return { folder };
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { missing: `the checker's packages cannot be installed: ${reason}` };
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

export async function judge(folder: string, recording: string, allowances: readonly Allowance[]): Promise<Verdict> {
  const args = [join(folder, "check.mjs"), "--json", "--specs", specs, recording];
  const lines = (await outputOf(args)).trim().split("\n");
  const parsed = lines.map((line) => JSON.parse(line) as Line);
  const { exchanges, checked } = parsed.find(({ kind }) => kind === "summary") ?? {};
  if (exchanges === undefined || checked === undefined) throw new Error("the checker ended without a summary");
  const findings = parsed.flatMap((line) => (line.kind === "summary" ? [] : [whole(line, line.kind)]));
  const allowed = new Map<string, number>();
  const left = findings.filter((finding) => {
    const reason = allowances.find((one) => one.covers(finding))?.reason;
    if (reason) allowed.set(reason, (allowed.get(reason) ?? 0) + 1);
    return reason === undefined;
  });
  return { exchanges, checked, allowed, left };
}

/** Exit status 1 only says that there are findings. */
async function outputOf(args: readonly string[]): Promise<string> {
  const limits = { maxBuffer: 256 * 1024 * 1024, timeout: 300_000 };
  const failed = (error: unknown): Ended => error as Ended;
  const { code = 0, stdout, stderr }: Ended = await run(process.execPath, args, limits).catch(failed);
  if (code > 1) throw new Error(`the checker could not judge: ${stderr}`);
  return stdout;
}

interface Ended {
  readonly code?: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Line = Partial<Omit<Finding, "kind">> & {
  readonly kind: Finding["kind"] | "summary";
  readonly reason?: string;
  readonly exchanges?: number;
  readonly checked?: number;
};

function whole(line: Line, kind: Finding["kind"]): Finding {
  const { label = "", side = "", code = "", at = "", method = "", path = "", status = 0, reason = "" } = line;
  return { kind, label, side, code, at, message: line.message ?? reason, method, path, status };
}

/** Lines for people. */
export function worded({ exchanges, checked, allowed, left }: Verdict): string {
  const accepted = [...allowed].map(([reason, count]) => `  ${count} allowed: ${reason}`);
  const complaints = left.map(
    ({ kind, method, path, status, label, side, code, at, message }) =>
      `  ${kind.toUpperCase()} ${method} ${path} -> ${status} [${label}] ${side} ${code} ${at} ${message}`,
  );
  return [
    `${exchanges} exchanges, ${checked} judged by a document`,
    ...accepted,
    ...complaints,
    `${left.filter(({ kind }) => kind === "violation").length} violations, ` +
      `${left.filter(({ kind }) => kind === "unknown").length} unknown`,
  ].join("\n");
}
