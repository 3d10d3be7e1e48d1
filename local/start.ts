/** `npm start`: everything on one laptop, one link onboarded end to end, then it stays up to be tried. */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { Listr } from "listr2";
import { connectApi, firstLink } from "./stack/api.ts";
import { takeLock, type Lock } from "./stack/lock.ts";
import { drawnOn, timedTitle, wrapped } from "./demo/drawing.ts";
import { endWithTheTerminal } from "./demo/ending.ts";
import { onboardFirstLink } from "./demo/onboard.ts";
import { makeWritable, portOf } from "./demo/options.ts";
import { endpointsOf, pullOnCluster, reportOf, type Report } from "./demo/report.ts";
import { startStack, type Stack, type StackPart } from "./stack/stack.ts";
import { buildApp } from "./stack/build.ts";
import { endByUsage } from "./usage.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, ".crosspull");

/** Waits of real life, in seconds, cut short for the demo; docs/configuration.md has the real ones. */
const demoWaits = {
  CONSENT_POLL_IN_SECONDS: 1,
  SECRET_PROOFS: 2,
  SECRET_PROOF_INTERVAL_IN_SECONDS: 1,
  ROLE_POLL_IN_SECONDS: 1,
  IDENTITY_REPLICATION_IN_SECONDS: 2,
  CLUSTER_POLL_IN_SECONDS: 1,
  CLUSTER_BUSY_POLL_IN_SECONDS: 1,
  REMOVAL_POLL_IN_SECONDS: 1,
  TOKEN_LIFE_IN_SECONDS: 5,
};
/** A minute of the simulated cloud takes a second. */
const demoSpeed = 60;

type Options = { readonly once: boolean; readonly json: boolean; readonly port: number };

const command = new Command("npm start --")
  .description("Starts Azurite, the simulated Azure and the local Functions host, and onboards one link end to end.")
  .option("--once", "accept the consent page by itself and exit after the proof: 0, or 1 with the reason", false)
  .option("--json", "print one JSON document on stdout at the end; progress goes to stderr", false)
  .option("--port <number>", "first port tried for Crosspull's HTTP API", portOf, 7071)
  .exitOverride(endByUsage)
  .action(async (options: Options) => {
    process.exitCode = await run(options);
  });

async function run(options: Options): Promise<number> {
  const out = options.json ? process.stderr : process.stdout;
  const say = (text: string): void => void out.write(`${wrapped(text, out.columns)}\n`);
  const ending = endWithTheTerminal();
  let lock: Lock | undefined;
  let stack: Stack | undefined;
  try {
    makeWritable(folder);
    makeWritable(join(root, "dist"));
    lock = takeLock(join(folder, "demo.lock"));
    ending.keep(lock);
    stack = await start(options, out);
    lock.say(stack.url);
    if (new URL(stack.url).port !== String(options.port))
      say(`\nPort ${options.port} is in use: the API is at ${stack.url}.`);
    say(`\nThe demo shortens the waits of real life: a minute of the simulated Azure takes a second.\n`);
    const onboarded = await onboard(stack, options, out);
    if (options.once) return onboarded ? 0 : 1;
    // Commands to copy stay on their lines.
    out.write(`${onboarded ? whatNext(onboarded) : whatNextAfterFailure(stack)}\n`);
    await new Promise(() => undefined);
    return 0;
  } catch (error) {
    process.stderr.write(`\n${wrapped(`crosspull: ${wordsOf(error)}`, process.stderr.columns)}\n`);
    if (lock) process.stderr.write(`Logs: ${join(folder, "demo")}\n`);
    return 1;
  } finally {
    await stack?.close();
    lock?.release();
  }
}

/** undefined when the link did not become ready, which has been said then. */
async function onboard(stack: Stack, options: Options, out: NodeJS.WriteStream): Promise<Report | undefined> {
  try {
    const api = await connectApi(stack.url, stack.cloud.env);
    const interactive = process.stdin.isTTY && !options.once;
    const link = await onboardFirstLink(stack, api, { accept: options.once, out, interactive });
    const report = reportOf(link, await pullOnCluster(stack, link), stack);
    out.write(`${wrapped(proofText(report), out.columns)}\n`);
    if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return report;
  } catch (error) {
    process.stderr.write(`\ncrosspull: ${wordsOf(error)}\nLogs: ${join(folder, "demo")}\n`);
    return undefined;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const parts: Readonly<Record<StackPart, string>> = {
  azurite: "Azurite: Azure Storage",
  cloud: "Simulated Azure: two tenants, a cluster, a registry",
  host: "Functions host with the built app",
};

async function start({ port }: Options, out: NodeJS.WriteStream): Promise<Stack> {
  const started = await new Listr<{ stack?: Stack }>(
    [
      {
        title: "Build",
        task: async (_context, task) => {
          const shown = timedTitle(task, out);
          await buildApp(root).finally(() => shown.stop());
        },
      },
      {
        title: "Start",
        task: async (context, task) => {
          const shown = timedTitle(task, out);
          context.stack = await startStack({
            folder: join(folder, "demo"),
            envFile: join(folder, "cloud.env"),
            app: root,
            port,
            cloud: { speed: demoSpeed },
            waits: demoWaits,
            log: (part, line) =>
              void appendFile(join(folder, "demo", `${part}.log`), `${line}\n`).catch(() => undefined),
            progress: (part) => shown.say(`Start: ${parts[part]}`),
          }).finally(() => shown.stop());
          task.title = `Started: ${context.stack.url}`;
        },
      },
    ],
    drawnOn(out),
  ).run({});
  if (!started.stack) throw new Error("the parts did not start");
  return started.stack;
}

function proofText({ link, proof }: Report): string {
  const own = link.operation.steps.filter(({ name }) => name !== "consent");
  const took = own.reduce((sum, step) => sum + (step.durationInMs ?? 0), 0);
  return [
    "",
    `Ready. ${link.cluster.split("/").pop()} pulls ${proof.image} from ${link.registry.split("/").pop()} in the other tenant.`,
    `Proof: a node pulled ${proof.kubelet.digest}`,
    `       ${proof.kubelet.bytes} bytes, as client ${proof.kubelet.clientId}, after ${(took / 1000).toFixed(1)} s besides the wait for consent.`,
  ].join("\n");
}

function whatNext({ link, endpoints }: Report): string {
  return `
Both tenants as a page:  ${endpoints["cloud"]}
The operation as a page: ${new URL("/", endpoints["api"]).href}
Try next, in another terminal of this folder:
  TOKEN=$(npm run --silent token -- --role operator)
  curl -H "Authorization: Bearer $TOKEN" ${endpoints["api"]}
  curl -H "Authorization: Bearer $TOKEN" ${endpoints["api"]}/${link.id}
  curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "${endpoints["api"]}?dryRun=true" \\
    -d '${JSON.stringify({ cluster: link.cluster, registry: link.registry, clusterTenantId: link.clusterTenantId, registryTenantId: link.registryTenantId })}'
  curl ${endpoints["health"]}
  curl ${endpoints["cloud"]}/control/state
Ctrl-C ends everything.`;
}

/** The link can be asked for again, and what happened can be looked at, as long as everything runs. */
function whatNextAfterFailure(stack: Stack): string {
  const { api = "", cloud = "" } = endpointsOf(stack);
  return `
Everything stays up. Both tenants as a page: ${cloud}; the operation as a page: ${new URL("/", api).href}
Ask again, in another terminal of this folder, for what the first request asked:
  TOKEN=$(npm run --silent token -- --role operator)
  curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" ${api} \\
    -d '${JSON.stringify(firstLink(stack.cloud.env))}'
Ctrl-C ends everything.`;
}

await command.parseAsync();
// A listener a library left behind must not keep the terminal.
process.exit();
