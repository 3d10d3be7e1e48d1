import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machine, median, round } from "./machine.ts";

const root = join(import.meta.dirname, "..");
type Env = Readonly<Record<string, string>>;

interface Running {
  readonly env: Env;
  readonly readyInMs: number;
  memoryInMB(): number | undefined;
  stop(): Promise<void>;
}

/** The simulated Azure as a process of its own: how soon it answers, what it needs, how much it answers. */
export async function benchCloud(runs: number, seconds: number) {
  const small = await measured(runs, (cloud) => served(cloud, seconds));
  const file = join(root, "local/cloud/estates/many-registries.json");
  const many = existsSync(file)
    ? await measured(3, (cloud) => resourceGraph(cloud.env), ["--estate", file])
    : { skipped: "no estate of 10,000 registries" };
  return { bench: "cloud", machine: machine(), small, tenThousandRegistries: many };
}

/** Starts it `runs` times; the last one does the work. */
async function measured<Result>(runs: number, work: (cloud: Running) => Promise<Result>, options: string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), "crosspull-bench-"));
  const ready: number[] = [];
  const memory: number[] = [];
  try {
    for (let run = 0; ; run++) {
      const cloud = await start(folder, options);
      try {
        // The first start makes certificates and a key.
        if (run > 0) ready.push(cloud.readyInMs);
        memory.push(cloud.memoryInMB() ?? Number.NaN);
        process.stderr.write(`\rcloud: ${run}/${runs}`);
        if (run < runs) continue;
        const done = await work(cloud);
        return {
          runs,
          readyInMs: round(median(ready)),
          memoryInMB: round(median(memory)),
          work: done,
          memoryAfterwardsInMB: round(cloud.memoryInMB() ?? Number.NaN),
        };
      } finally {
        await cloud.stop();
      }
    }
  } finally {
    process.stderr.write("\n");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function start(folder: string, options: readonly string[]): Promise<Running> {
  mkdirSync(folder, { recursive: true });
  const envFile = join(folder, "cloud.env");
  const cli = join(root, "local/cloud/cli.ts");
  const args = [
    "--disable-warning=ExperimentalWarning",
    "--",
    cli,
    "--port",
    "0",
    "--folder",
    folder,
    "--env-file",
    envFile,
  ];
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...args, ...options], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  await up(child);
  const readyInMs = performance.now() - startedAt;
  const lines = readFileSync(envFile, "utf8").trim().split("\n");
  const env = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    env,
    readyInMs,
    memoryInMB: () => memoryOf(child.pid),
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

function up(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("Simulated Azure is up")) resolve();
    });
    child.once("exit", (code) => reject(new Error(`the cloud ended with ${code}`)));
  });
}

/** Resident memory; undefined where there is no /proc. */
function memoryOf(pid: number | undefined): number | undefined {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1000;
  } catch {
    return undefined;
  }
}

async function served({ env }: Running, seconds: number) {
  const known = (key: string): string => env[key] ?? "";
  const agent = new Agent({ keepAlive: true, maxSockets: connections, ca: readFileSync(known("CA_BUNDLE")) });
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: known("CLIENT_ID"),
    client_secret: known("CLIENT_SECRET"),
    scope: "https://management.azure.com/.default",
  }).toString();
  const tokenUrl = `${known("ENTRA_URL")}/${known("TENANT_A")}/oauth2/v2.0/token`;
  const signIn = (): Promise<Answer> => ask(agent, "POST", tokenUrl, form, "application/x-www-form-urlencoded");
  const token = tokenIn(await signIn());
  const cluster = `${known("ARM_URL")}${known("CLUSTER_RESOURCE_ID")}?api-version=2026-06-01`;
  const registry = `${known("ARM_URL")}/subscriptions/${known("SUBSCRIPTION_ID")}?api-version=2022-12-01`;
  try {
    return {
      connections,
      seconds,
      armSubscriptionGetsPerSecond: await rate(seconds, () => ask(agent, "GET", registry, undefined, undefined, token)),
      armClusterGetsPerSecond: await rate(seconds, () => ask(agent, "GET", cluster, undefined, undefined, token)),
      tokensPerSecond: await rate(seconds, signIn),
    };
  } finally {
    agent.destroy();
  }
}

const connections = 16;

/** Answers a second, `connections` calls at a time; every answer has to be 200. */
async function rate(seconds: number, call: () => Promise<Answer>): Promise<number> {
  const loop = async (end: number): Promise<number> => {
    let count = 0;
    for (; performance.now() < end; count += 1) {
      const { status, body } = await call();
      if (status !== 200) throw new Error(`answered ${status}: ${body.slice(0, 300)}`);
    }
    return count;
  };
  const all = (inMs: number): Promise<number[]> =>
    Promise.all(Array.from({ length: connections }, () => loop(performance.now() + inMs)));
  await all(500); // Warm: code compiled, connections open.
  const startedAt = performance.now();
  const counts = await all(seconds * 1000);
  return round(counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - startedAt) / 1000));
}

async function resourceGraph(env: Env) {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(env["CA_BUNDLE"] ?? "") });
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    scope: "https://management.azure.com/.default",
    client_id: env["CLIENT_ID"] ?? "",
    client_secret: env["CLIENT_SECRET"] ?? "",
  }).toString();
  const tokenUrl = `${env["ENTRA_URL"]}/${env["TENANT_B"]}/oauth2/v2.0/token`;
  const token = tokenIn(await ask(agent, "POST", tokenUrl, form, "application/x-www-form-urlencoded"));
  const url = `${env["ARM_URL"]}/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01`;
  const query = "resources | where type =~ 'microsoft.containerregistry/registries' | order by id asc";
  const times: number[] = [];
  let rows = 0;
  for (let run = 0; run < 5; run++) {
    const startedAt = performance.now();
    rows = 0;
    for (let skip: string | undefined, more = true; more; more = skip !== undefined) {
      const body = JSON.stringify({ query, options: { resultFormat: "objectArray", $top: 1000, $skipToken: skip } });
      const answer = await ask(agent, "POST", url, body, "application/json", token);
      if (answer.status !== 200) return { skipped: `Resource Graph answered ${answer.status}` };
      const page = JSON.parse(answer.body) as { readonly data: readonly unknown[]; readonly $skipToken?: string };
      rows += page.data.length;
      skip = page.$skipToken;
    }
    times.push(performance.now() - startedAt);
  }
  agent.destroy();
  return { resourceGraphRows: rows, resourceGraphInMs: round(median(times)) };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function tokenIn({ status, body }: Answer): string {
  const { access_token } = JSON.parse(body) as { readonly access_token?: string };
  if (!access_token) throw new Error(`no token: ${status} ${body}`);
  return access_token;
}

function ask(agent: Agent, method: string, url: string, body?: string, type?: string, token?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(type && { "content-type": type }),
      ...(body !== undefined && { "content-length": Buffer.byteLength(body) }),
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const sent = request(url, { method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
