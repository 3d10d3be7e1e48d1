/**
 * A local host that runs one orchestration and tells what it cost, as a process of its own: `KIND COUNT STATE-FILE`. It counts
 * in one process and measures in another, so that counting is not measured.
 */
import childProcess, { type ChildProcess } from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { serialize } from "node:v8";
import { appWorker } from "../worker.ts";
import type { Counted, Measured } from "./costs.ts";

const app = join(import.meta.dirname, "../apps/host");
const [kind = "", count = "", state = "", what = ""] = process.argv.slice(2);

const bytes = { between: 0 };
if (what === "count") countMessages();
// Imported after the line above: what is forked there is counted.
const { startHost } = await import("../../local/host/start.ts");

const counts = { episodes: 0, commits: 0 };
const host = await startHost({
  app,
  port: 0,
  state,
  onBoundary: (name) => {
    if (name === "before orchestrator") counts.episodes += 1;
    if (name === "after commit") counts.commits += 1;
  },
});
await run("sequence", "warm", 50);
Object.assign(counts, { episodes: 0, commits: 0 });
bytes.between = 0;
const began = { cpu: process.cpuUsage(), app: appCpu(), at: performance.now() };
await run(kind, "measured", Number(count));
const { user, system } = process.cpuUsage(began.cpu);
const appCpuSeconds = appCpu() - began.app;
const measured: Measured = {
  cpuSeconds: (user + system) / 1e6 + appCpuSeconds,
  appCpuSeconds,
  seconds: (performance.now() - began.at) / 1000,
};
const counted: Counted = { ...counts, megabytesBetween: bytes.between / 1e6 };
await host.close();
process.send?.(what === "count" ? counted : measured, () => process.exit(0));

/** Starts an instance and waits for its end. */
async function run(name: string, id: string, input: number): Promise<void> {
  const address = `${host.url}/runtime/webhooks/durabletask/orchestrators/${name}/${id}?timeout=900&pollingInterval=1`;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(input) });
  if (answer.status !== 200)
    throw new Error(`${name} of ${input} was answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

function appCpu(): number {
  const worker = appWorker();
  if (!worker) throw new Error("the CPU of the app's process is told on Linux only");
  return worker.cpuInSeconds;
}

/** Of every message between this process and those it forks, the size as it goes over the wire. */
function countMessages(): void {
  const fork = childProcess.fork;
  childProcess.fork = ((...given: Parameters<typeof fork>): ChildProcess => {
    const child = fork(...given);
    const send = child.send.bind(child);
    child.send = (message: unknown, ...rest: never[]) => {
      bytes.between += serialize(message).length;
      return send(message as never, ...rest);
    };
    child.on("message", (message) => (bytes.between += serialize(message).length));
    return child;
  }) as typeof fork;
  syncBuiltinESMExports();
}
