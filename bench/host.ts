import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { costsOf } from "./linear/costs.ts";
import { machine, round } from "./machine.ts";

const root = join(import.meta.dirname, "..");

/** How many activities: the first of each is what the others are compared with. */
const fanOuts = [1000, 10_000, 20_000];
const sequences = [100, 1000, 3000];

/**
 * The local host as a process of its own, driven over HTTP. Times in ms but where the name says seconds, memory in MB of
 * resident size.
 */
export async function benchHost(waiting: number) {
  mkdirSync(join(root, ".crosspull"), { recursive: true });
  const folder = mkdtempSync(join(root, ".crosspull", "bench-host-"));
  try {
    const work = await withHost(join(folder, "work.db"), async (host) => {
      await host.run("sequence", "warm", 50);
      return {
        fanOutOf1000InMs: await timed(() => host.run("fanOut", "fanOut", 1000)),
        sequenceOf1000InMs: await timed(() => host.run("sequence", "sequence", 1000)),
        orchestrationsPerSecond: await manyOrchestrations(host, 1000),
        replayInMsByEvents: await replayCosts(host, [100, 1000, 5000]),
      };
    });
    return {
      bench: "host",
      machine: machine(),
      ...work,
      fanOut: await costs("fanOut", fanOuts, folder),
      sequence: await costs("sequence", sequences, folder),
      waiting: await waitingInstances(join(folder, "waiting.db"), waiting),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function costs(kind: "fanOut" | "sequence", sizes: readonly number[], folder: string) {
  const all: Awaited<ReturnType<typeof costsOf>>[] = [];
  for (const activities of sizes) {
    process.stderr.write(`${kind} of ${activities}\n`);
    all.push(await costsOf(kind, activities, folder));
  }
  return all;
}

interface Running {
  readonly pid: number;
  readonly call: (method: string, path: string, body?: unknown) => Promise<unknown>;
  /** Starts an instance and waits for its end. */
  readonly run: (name: string, id: string, input: unknown) => Promise<unknown>;
}

async function withHost<Result>(state: string, use: (host: Running) => Promise<Result>): Promise<Result> {
  const args = ["--app", join(root, "bench/apps/host"), "--port", "0", "--state", state];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "local/host/cli.ts", ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const url = `${await listening(child)}/runtime/webhooks/durabletask`;
    const call: Running["call"] = async (method, path, body) => {
      const json =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
      const answer = await fetch(`${url}/${path}`, { method, ...json });
      if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}`);
      const text = await answer.text();
      return text === "" ? undefined : (JSON.parse(text) as unknown);
    };
    const run: Running["run"] = (name, id, input) =>
      call("POST", `orchestrators/${name}/${id}?timeout=300&pollingInterval=1`, input);
    return await use({ pid: child.pid ?? 0, call, run });
  } finally {
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    await exit;
  }
}

async function listening(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("the host has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^Listening on (\S+)/.exec(line) ?? [];
    if (url) return url;
  }
  throw new Error("the host ended before it listened");
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return round(performance.now() - began);
}

/** Orchestrations of 5 activities, all at once: from the first start to the last end. */
async function manyOrchestrations(host: Running, count: number): Promise<number> {
  const began = performance.now();
  await atOnce(count, 100, (n) => host.run("sequence", `many-${n}`, 5));
  return round((count * 1000) / (performance.now() - began));
}

async function atOnce(count: number, workers: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) await work(n);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

/** Of one episode with a single new event, by how many events the history holds before. */
async function replayCosts(host: Running, lengths: readonly number[]): Promise<Record<string, number>> {
  const then = 20;
  const costs: Record<string, number> = {};
  for (const events of lengths) {
    const id = `replays-${events}`;
    await host.run("replays", id, { events, then });
    const { historyEvents } = (await host.call("GET", `instances/${id}?showHistory=true`)) as {
      historyEvents: { readonly EventType: string; readonly Timestamp: string }[];
    };
    const times = historyEvents
      .filter(({ EventType }) => EventType === "TaskCompleted")
      .map(({ Timestamp }) => Date.parse(Timestamp));
    costs[events] = round(((times.at(-1) ?? 0) - (times.at(-then) ?? 0)) / (then - 1));
  }
  return costs;
}

async function waitingInstances(state: string, count: number) {
  const first = await withHost(state, async (host) => {
    await atOnce(count, 50, (n) => host.call("POST", `orchestrators/waits/wait-${n}`, { n }));
    while (((await host.call("GET", "instances/?runtimeStatus=Pending&top=1")) as unknown[]).length > 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return {
      memoryInMB: memoryOf(host.pid),
      firstPageInMs: await timed(() => host.call("GET", "instances/?runtimeStatus=Running&top=100")),
    };
  });
  const began = performance.now();
  const again = await withHost(state, async (host) => {
    await host.call("POST", "instances/wait-0/raiseEvent/Go", 1);
    return { recoveredInMs: round(performance.now() - began), memoryAfterRestartInMB: memoryOf(host.pid) };
  });
  return { instances: count, ...first, ...again };
}

/** Resident size of a process and of those it started, where /proc tells it. */
function memoryOf(pid: number): { readonly host: number; readonly app: number } | undefined {
  const resident = (of: number): number =>
    round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${of}/status`, "utf8"))?.[1] ?? 0) / 1024);
  const parentOf = (of: string): number => {
    try {
      return Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${of}/status`, "utf8"))?.[1] ?? 0);
    } catch {
      return 0;
    }
  };
  try {
    const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
    return { host: resident(pid), app: children.reduce((sum, child) => sum + resident(Number(child)), 0) };
  } catch {
    return undefined;
  }
}
