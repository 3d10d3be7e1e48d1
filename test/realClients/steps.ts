import { spawn } from "node:child_process";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Longer than any single command here takes, updates of clusters included. */
const longestInMs = 60_000;

/** Runs a program to its end, or kills it; never throws for its exit code. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"], timeout: longestInMs });
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.on("data", (chunk) => out.push(String(chunk)));
    child.stderr.on("data", (chunk) => err.push(String(chunk)));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, out: out.join("").trim(), err: err.join("").trim() }));
  });
}

export async function isInstalled(program: string): Promise<boolean> {
  return run(program, ["--version"], process.env).then(
    ({ code }) => code === 0,
    () => false,
  );
}

export interface Steps {
  /** Runs `work`, prints how it went, and remembers; a step after a failed one still runs. */
  step(title: string, work: () => Promise<void>): Promise<void>;
  readonly failed: number;
  readonly done: number;
}

export function steps(print: (line: string) => void): Steps {
  let [done, failed] = [0, 0];
  return {
    step: async (title, work) => {
      try {
        await work();
        done += 1;
        print(`  ok      ${title}`);
      } catch (error) {
        failed += 1;
        const message = error instanceof Error ? error.message : String(error);
        print(`  FAILED  ${title}\n          ${message.slice(0, 1500).replaceAll("\n", "\n          ")}`);
      }
    },
    get failed() {
      return failed;
    },
    get done() {
      return done;
    },
  };
}

export function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
