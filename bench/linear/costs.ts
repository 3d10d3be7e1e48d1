import { fork } from "node:child_process";
import { join } from "node:path";

/** `cpuSeconds`: of host and app together. */
export interface Measured {
  readonly cpuSeconds: number;
  readonly appCpuSeconds: number;
  readonly seconds: number;
}

export interface Counted {
  readonly episodes: number;
  /** Of messages between the host's process and the app's. */
  readonly megabytesBetween: number;
  readonly commits: number;
}

/** What one orchestration of so many activities costs, by how many there are. */
export async function costsOf(kind: "fanOut" | "sequence", activities: number, folder: string) {
  const file = (what: string): string => join(folder, `${kind}-${activities}-${what}.db`);
  const asked = (what: string): readonly string[] => [kind, String(activities), file(what), what];
  const measured = await answerOf<Measured>("host.ts", asked("measure"));
  const counted = await answerOf<Counted>("host.ts", asked("count"));
  const floor =
    kind === "sequence"
      ? await answerOf<{ readonly floorCpuSeconds: number }>("floor.ts", [file("measure"), "measured"])
      : {};
  const figures = { ...measured, ...counted, ...floor };
  const rounded = Object.entries(figures).map(([key, value]) => [key, Math.round(value * 100) / 100] as const);
  return { activities, ...(Object.fromEntries(rounded) as typeof figures) };
}

/** What a script of this folder tells, run in a process of its own: nothing is warm but what it warms. */
function answerOf<Answer>(script: string, args: readonly string[]): Promise<Answer> {
  const child = fork(join(import.meta.dirname, script), args, { execArgv: ["--disable-warning=ExperimentalWarning"] });
  return new Promise((resolve, reject) => {
    child.once("message", (answer) => {
      resolve(answer as Answer);
    });
    child.once("exit", (code) => {
      reject(new Error(`${script} ${args.join(" ")} ended with exit code ${code} and said nothing`));
    });
  });
}
