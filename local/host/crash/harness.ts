import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { scenario, StateFile, type Status, type Step } from "./scenario.ts";

interface Running {
  readonly child: ChildProcess;
  /** Of the management API; undefined when the host died before it listened. */
  readonly url: string | undefined;
}
interface Outcome {
  /** By instance, without what differs between two runs: times, addresses, the order of a fan-out's results. */
  readonly instances: Readonly<Record<string, unknown>>;
  readonly crashed: boolean;
  /** The boundaries that were passed, of a run that was not killed. */
  readonly boundaries: readonly string[];
}
class HostDied extends Error {}

/** How a run at one boundary went. */
export interface Survival {
  readonly boundary: string;
  readonly at: number;
  /** What differs from the run without a crash, if anything does. */
  readonly difference: string | undefined;
  readonly crashed: boolean;
}

/**
 * Runs the scenario once in peace, then once for each boundary (or for `sample` of them, chosen by `seed`): the host is killed
 * there with SIGKILL, started again on the same file, and must end with the same histories.
 */
export async function survive(
  options: { readonly sample?: number; readonly seed?: number; readonly told?: (survival: Survival) => void } = {},
): Promise<readonly Survival[]> {
  const parent = resolve(import.meta.dirname, "../../../.crosspull");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "crash-"));
  const server = await slowServer();
  try {
    const runs = new Runs(folder, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const peace = await runs.run(0);
    const points = chosen(peace.boundaries.length, options.sample, options.seed ?? 1);
    const survivals: Survival[] = [];
    for (const at of points) {
      const { instances, crashed } = await runs.run(at);
      const difference = isDeepStrictEqual(instances, peace.instances)
        ? undefined
        : differing(peace.instances, instances);
      const survival = { boundary: peace.boundaries[at - 1] ?? "", at, difference, crashed };
      survivals.push(survival);
      options.told?.(survival);
    }
    return survivals;
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Answers GET /slow with 202 and the address of the result. */
async function slowServer(): Promise<Server> {
  const server = createServer((request, response) => {
    // It goes into history, and differs from run to run.
    response.sendDate = false;
    if (request.url === "/slow")
      response.writeHead(202, { location: `http://${request.headers.host ?? ""}/done`, "retry-after": "0" });
    response.end(request.url === "/slow" ? "" : "done");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Numbers from 1 to `total`, all or a sample in order. The generator is mulberry32, so that a seed means the same everywhere. */
function chosen(total: number, sample: number | undefined, seed: number): number[] {
  const all = Array.from({ length: total }, (_, index) => index + 1);
  if (sample === undefined) return all;
  let state = seed;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return all
    .map((at) => [random(), at] as const)
    .sort(([a], [b]) => a - b)
    .slice(0, sample)
    .map(([, at]) => at)
    .sort((a, b) => a - b);
}

class Runs {
  readonly #folder: string;
  readonly #server: string;

  constructor(folder: string, server: string) {
    this.#folder = folder;
    this.#server = server;
  }

  async run(killAt: number): Promise<Outcome> {
    const folder = mkdtempSync(join(this.#folder, "run-"));
    const state = join(folder, "host.db");
    const boundaries: string[] = [];
    let host = await begin(state, killAt, boundaries);
    let crashed = false;
    const steps = scenario(this.#server, join(folder, "fixed"));
    try {
      for (let next = 0; ;) {
        const step = steps[next];
        try {
          if (!step) return { instances: await histories(host), crashed, boundaries };
          await take(host, step);
          next += 1;
        } catch (error) {
          if (!(error instanceof HostDied) || crashed) throw error;
          crashed = true;
          await gone(host.child);
          if (step && isDone(state, step)) next += 1;
          host = await begin(state, -1, boundaries);
        }
      }
    } finally {
      host.child.kill("SIGKILL");
      await gone(host.child);
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

async function begin(state: string, killAt: number, boundaries: string[]): Promise<Running> {
  const child = fork(join(import.meta.dirname, "child.ts"), [state, String(killAt)], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const url = await new Promise<string | undefined>((settle) => {
    child.once("exit", () => {
      settle(undefined);
    });
    child.on("message", (message: { readonly url?: string; readonly boundary?: string }) => {
      if (message.url) settle(`${message.url}/runtime/webhooks/durabletask`);
      if (message.boundary) boundaries.push(message.boundary);
    });
  });
  return { child, url };
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

function isDone(state: string, step: Step): boolean {
  if (!existsSync(state)) return false;
  const file = new StateFile(state);
  try {
    return step.done(file);
  } finally {
    file.close();
  }
}

const patienceInMs = 120_000;

async function take(host: Running, { name, when, prepare, request }: Step): Promise<void> {
  if (when) {
    const [id, ready] = when;
    for (const end = Date.now() + patienceInMs; ;) {
      const answer = await call(host, "GET", `instances/${id}`);
      if (answer.status !== 404 && ready((await answer.json()) as Status)) break;
      if (Date.now() > end) throw new Error(`waited too long for: ${name}`);
      await new Promise((resume) => setTimeout(resume, 5));
    }
  }
  prepare?.();
  if (!request) return;
  const answer = await call(host, ...request);
  if (!answer.ok) throw new Error(`${name} was answered ${answer.status}`);
}

/** Rejects with HostDied when there is no host, or it dies before it has answered. */
async function call({ url, child }: Running, method: string, path: string, body?: unknown): Promise<Response> {
  if (url === undefined || child.signalCode !== null) throw new HostDied();
  try {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const answer = await fetch(`${url}/${path}`, { method, ...json });
    return new Response(await answer.arrayBuffer(), { status: answer.status === 204 ? 200 : answer.status });
  } catch (error) {
    throw new HostDied(`no answer to ${method} ${path}`, { cause: error });
  }
}

async function histories(host: Running): Promise<Record<string, unknown>> {
  const all = (await (await call(host, "GET", "instances/")).json()) as { readonly instanceId: string }[];
  const entries = all.map(async ({ instanceId }) => {
    const answer = await call(host, "GET", `instances/${instanceId}?showHistory=true&showHistoryOutput=true`);
    return [instanceId, plain(await answer.text())] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

type Event = Record<string, unknown>;
const passing = ["Timestamp", "ScheduledTime", "FireAt", "createdTime", "lastUpdatedTime", "date"];

function plain(text: string): unknown {
  const status = JSON.parse(
    text.replaceAll(/(localhost|127\.0\.0\.1):\d+/g, "host").replaceAll(/run-\w+/g, "run"),
    (key, value: unknown) => (passing.includes(key) ? undefined : value),
  ) as { historyEvents: Event[] };
  return { ...status, historyEvents: inOrder(status.historyEvents) };
}

/** The results of activities that ran side by side, in the order of their text. */
function inOrder(events: readonly Event[]): Event[] {
  const sorted: Event[] = [];
  let together: Event[] = [];
  const flush = (): void => {
    sorted.push(...together.sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))));
    together = [];
  };
  for (const event of events) {
    if (event.EventType === "TaskCompleted") together.push(event);
    else {
      flush();
      sorted.push(event);
    }
  }
  flush();
  return sorted;
}

function differing(expected: Readonly<Record<string, unknown>>, got: Readonly<Record<string, unknown>>): string {
  const ids = new Set([...Object.keys(expected), ...Object.keys(got)]);
  return [...ids]
    .filter((id) => !isDeepStrictEqual(expected[id], got[id]))
    .map((id) => `${id}: expected ${JSON.stringify(expected[id])}, got ${JSON.stringify(got[id])}`)
    .join("\n");
}
