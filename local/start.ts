/** `npm start`: everything on one laptop, one link onboarded end to end, then it stays up to be tried. */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { Listr } from "listr2";
import { connectApi } from "./stack/api.ts";
import { takeLock, type Lock } from "./stack/lock.ts";
import { drawnOn, onboardFirstLink } from "./demo/onboard.ts";
import { pullOnCluster, reportOf, type Report } from "./demo/report.ts";
import { startStack, type Stack, type StackPart } from "./stack/stack.ts";
import { buildApp } from "./stack/build.ts";

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
};
/** A minute of the simulated cloud takes a second. */
const demoSpeed = 60;

type Options = { readonly once: boolean; readonly json: boolean; readonly port: string };

const command = new Command("npm start --")
  .description("Starts Azurite, the simulated Azure and the local Functions host, and onboards one link end to end.")
  .option("--once", "accept the consent page by itself and exit after the proof: 0, or 1 with the reason", false)
  .option("--json", "print one JSON document on stdout at the end; progress goes to stderr", false)
  .option("--port <number>", "first port tried for Crosspull's HTTP API", "7071")
  .action(async (options: Options) => {
    process.exitCode = await run(options);
  });

async function run(options: Options): Promise<number> {
  const out = options.json ? process.stderr : process.stdout;
  const say = (text: string): void => void out.write(`${text}\n`);
  let lock: Lock | undefined;
  let stack: Stack | undefined;
  const stop = async (): Promise<void> => {
    await stack?.close();
    lock?.release();
  };
  // At once, and nothing is drawn after it: Azurite is killed, and the app's process ends when its host is gone.
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.once(signal, () => {
      stack?.azurite.kill();
      lock?.release();
      process.exit(code);
    });
  }
  try {
    lock = takeLock(join(folder, "demo.lock"));
    stack = await start(options, out);
    lock.say(stack.url);
    say(`\nThe demo shortens the waits of real life: a minute of the simulated Azure takes a second.\n`);
    const api = await connectApi(stack.url, stack.cloud.env);
    const interactive = process.stdin.isTTY && !options.once;
    const link = await onboardFirstLink(stack, api, { accept: options.once, out, interactive });
    const report = reportOf(link, await pullOnCluster(stack, link), stack);
    say(proofText(report));
    if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    if (options.once) return 0;
    say(whatNext(report));
    await new Promise(() => undefined);
    return 0;
  } catch (error) {
    process.stderr.write(`\ncrosspull: ${error instanceof Error ? error.message : String(error)}\n`);
    if (lock) process.stderr.write(`Logs: ${join(folder, "demo")}\n`);
    return 1;
  } finally {
    await stop();
  }
}

const parts: Readonly<Record<StackPart, string>> = {
  azurite: "Azurite: Azure Storage",
  cloud: "Simulated Azure: two tenants, a cluster, a registry",
  host: "Functions host with the built app",
};

async function start({ port }: Options, out: NodeJS.WriteStream): Promise<Stack> {
  const started = await new Listr<{ stack?: Stack }>(
    [
      { title: "Build", task: () => buildApp(root) },
      {
        title: "Start",
        task: async (context, task) => {
          context.stack = await startStack({
            folder: join(folder, "demo"),
            envFile: join(folder, "cloud.env"),
            app: root,
            port: Number(port),
            cloud: { speed: demoSpeed },
            waits: demoWaits,
            log: (part, line) =>
              void appendFile(join(folder, "demo", `${part}.log`), `${line}\n`).catch(() => undefined),
            progress: (part) => (task.title = `Start: ${parts[part]}`),
          });
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
  const took = link.operation.steps.reduce((sum, step) => sum + (step.durationInMs ?? 0), 0);
  return [
    "",
    `Ready. ${link.cluster.split("/").pop()} pulls ${proof.image} from ${link.registry.split("/").pop()} in the other tenant.`,
    `Proof: a node pulled ${proof.kubelet.digest}`,
    `       ${proof.kubelet.bytes} bytes, as client ${proof.kubelet.clientId}, ${(took / 1000).toFixed(1)} s after the request.`,
  ].join("\n");
}

function whatNext({ link, endpoints }: Report): string {
  return `
Both tenants as a page:  ${endpoints["cloud"]}
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

await command.parseAsync();
// A listener a library left behind must not keep the terminal.
process.exit();
