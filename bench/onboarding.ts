import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildApp } from "../local/stack/build.ts";
import { connectApi, firstLink, type Api, type LinkView, type NewLink } from "../local/stack/api.ts";
import { startStack, type Stack } from "../local/stack/stack.ts";
import { floorInMs } from "./floor.ts";
import { machine, median, round } from "./machine.ts";
import { appWorker } from "./worker.ts";

const root = join(import.meta.dirname, "..");

/** Every configured wait at zero. */
const noWaits = Object.fromEntries(
  [
    "CONSENT_POLL",
    "SECRET_PROOF_INTERVAL",
    "ROLE_POLL",
    "IDENTITY_REPLICATION",
    "CLUSTER_POLL",
    "CLUSTER_BUSY_POLL",
    "REMOVAL_POLL",
    "GRACE",
  ].map((name) => [`${name}_IN_SECONDS`, 0]),
);
/** No latency of its own: a node is re-imaged, a role arrives, at once. */
const noLatency = {
  reimagePerNodeInSeconds: 0,
  rolePropagationInSeconds: 0,
  secretReplicationInSeconds: 0,
  principalReplicationInSeconds: 0,
};

type Instance = NonNullable<ReturnType<Stack["host"]["instances"]["get"]>>;
type Calls = {
  readonly counts: Record<string, number>;
  readonly last: readonly { readonly service: string; readonly operation: string; readonly status: number }[];
};

/** Time from POST to ready with consent given at once, the calls that took, and then many clusters at the same time. */
export async function benchOnboarding(clusters: number, runs: number) {
  await buildApp(root);
  const singles: Awaited<ReturnType<typeof single>>[] = [];
  for (let run = 0; run < runs; run++) {
    singles.push(await withStack({}, single));
    process.stderr.write(`\ronboarding: ${run + 1}/${runs} alone`);
  }
  const floor = await floorOf();
  process.stderr.write(`\nonboarding: ${clusters} at once ...\n`);
  const many = await withStack({ clusters }, (stack, api) => atOnce(stack, api, clusters));
  return {
    bench: "onboarding",
    machine: machine(),
    alone: {
      runs,
      medianInMs: round(median(singles.map(({ ms }) => ms))),
      floorInMs: round(floor.ms),
      floorCalls: floor.calls,
      medianToFloor: round(median(singles.map(({ ms }) => ms)) / floor.ms),
      allInMs: singles.map(({ ms }) => round(ms)),
      calls: singles.at(-1)?.calls,
    },
    rotation: {
      medianInMs: round(median(singles.map(({ rotation }) => rotation.ms))),
      toOnboarding: round(median(singles.map(({ ms, rotation }) => rotation.ms / ms))),
      calls: singles.at(-1)?.rotation.calls,
    },
    atOnce: many,
  };
}

/** Records one onboarding, and sends what it sent again from the same beginning; the quickest of five. */
async function floorOf(): Promise<{ readonly ms: number; readonly calls: number }> {
  const recording = join(root, ".crosspull/bench-recording.jsonl");
  rmSync(recording, { force: true });
  return withStack({ recordTo: recording }, async (stack, api) => {
    const { id } = (await control(stack, "POST", "/control/snapshots")) as { id: string };
    const before = statSync(recording).size;
    await onboard(stack, api, firstLink(stack.cloud.env));
    const recorded = `${recording}.once`;
    writeFileSync(recorded, readFileSync(recording).subarray(before));
    const floors: { readonly ms: number; readonly calls: number }[] = [];
    for (let run = 0; run < 5; run++) {
      await control(stack, "POST", `/control/snapshots/${id}/restore`);
      floors.push(await floorInMs(recorded, stack));
    }
    // Recordings hold tokens and secrets of the simulated cloud.
    for (const file of [recording, recorded]) rmSync(file, { force: true });
    return floors.reduce((least, one) => (one.ms < least.ms ? one : least));
  });
}

async function withStack<Result>(
  cloud: { clusters?: number; recordTo?: string },
  work: (stack: Stack, api: Api) => Promise<Result>,
): Promise<Result> {
  const stack = await startStack({
    folder: join(root, ".crosspull/bench"),
    app: root,
    port: 18_071,
    cloudPort: 0,
    cloud: { ...cloud, timings: noLatency },
    waits: { ...noWaits, SECRET_PROOFS: 1 },
  });
  try {
    const api = await connectApi(stack.url, stack.cloud.env);
    // As a user does, the plan comes first: it reads keys and settings, loads the SDKs and signs in. A service is warm when it works.
    const plan = await api.call("POST", "/api/links?dryRun=true", firstLink(stack.cloud.env));
    if (plan.status !== 200) throw new Error(`the plan answered ${plan.status}: ${JSON.stringify(plan.body)}`);
    return await work(stack, api);
  } finally {
    await stack.close();
  }
}

/** One onboarding, and then a rotation of its cluster's secret. */
async function single(stack: Stack, api: Api) {
  let key = "";
  const onboarding = await timed(stack, async () => {
    key = (await onboard(stack, api, firstLink(stack.cloud.env))).clusterKey;
  });
  return { ...onboarding, rotation: await timed(stack, () => rotate(stack, api, key)) };
}

async function timed(stack: Stack, work: () => Promise<void>) {
  await control(stack, "DELETE", "/control/calls");
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  return { ms, calls: counted((await control(stack, "GET", "/control/calls")) as Calls) };
}

async function rotate(stack: Stack, api: Api, clusterKey: string): Promise<void> {
  const { body, status } = await api.call<{ readonly id: string }>("POST", `/api/clusters/${clusterKey}/rotation`);
  if (status !== 202) throw new Error(`POST answered ${status}: ${JSON.stringify(body)}`);
  await seen(stack, `rotate-${clusterKey}`, () => false);
  const { body: ended } = await api.call<{ readonly state: string }>("GET", `/api/operations/${body.id}`);
  if (ended.state !== "ended") throw new Error(`the rotation is ${JSON.stringify(ended)}`);
}

async function atOnce(stack: Stack, api: Api, clusters: number) {
  const state = (await control(stack, "GET", "/control/state")) as { arm: { clusters: { id: string }[] } };
  const first = firstLink(stack.cloud.env);
  const generated = state.arm.clusters.slice(-clusters).map(({ id }): NewLink => ({ ...first, cluster: id }));
  const began = performance.now();
  await Promise.all(generated.map((link) => onboard(stack, api, link)));
  const seconds = (performance.now() - began) / 1000;
  return {
    onboardings: generated.length,
    seconds: round(seconds),
    perSecond: round(generated.length / seconds),
    peakMemoryInMB: {
      appWorker: appWorker()?.peakMemoryInMB ?? null,
      hostAndSimulatedCloud: round(process.resourceUsage().maxRSS / 1000),
    },
  };
}

/** POST, consent as soon as it is asked for, ready. Between them the host is looked at, which costs the app nothing. */
async function onboard(stack: Stack, api: Api, link: NewLink): Promise<LinkView> {
  const { body, status } = await api.create(link);
  if (status !== 202) throw new Error(`POST answered ${status}: ${JSON.stringify(body)}`);
  const instance = `onboard-${body.id}`;
  await seen(stack, instance, ({ customStatus }) => JSON.stringify(customStatus ?? null).includes("client_id="));
  const { consentUrl } = await api.get(body.id);
  const clientId = new URL(consentUrl ?? "http://none").searchParams.get("client_id");
  await control(stack, "POST", "/control/consent", { tenantId: stack.cloud.env["TENANT_B"], clientId, accept: true });
  await seen(stack, instance, () => false);
  const ended = await api.get(body.id);
  if (ended.status !== "ready") throw new Error(`the link is ${ended.status}: ${JSON.stringify(ended.problem)}`);
  return ended;
}

/** Waits, two minutes at most, until `done` says so of an instance that runs, or until it has ended. */
async function seen(stack: Stack, id: string, done: (instance: Instance) => boolean): Promise<void> {
  const end = performance.now() + 120_000;
  while (performance.now() < end) {
    const instance = stack.host.instances.get(id);
    if (instance && (done(instance) || !["Pending", "Running"].includes(instance.runtimeStatus))) return;
    await sleep(5);
  }
  throw new Error(`${id} still runs after two minutes`);
}

/**
 * Calls to Azure by service. Polls are looks at what takes its time, repeated until it is there: consent and pulls (each
 * reads the secret and asks for a token of the pull identity, a pull then asks the registry) and the state of the update.
 * Signing in happens once a process: our identity, metadata, one token an audience, the vault's challenge, and the keys
 * by which the tokens of our own callers are checked.
 */
function counted({ last }: Calls) {
  const calls = last.filter(({ service }) => service !== "control");
  const count = (...names: readonly string[]): number =>
    calls.filter(({ operation }) => names.includes(operation)).length;
  const byService = new Map<string, number>();
  for (const { service } of calls) byService.set(service, (byService.get(service) ?? 0) + 1);

  const read = calls.filter(({ operation, status }) => operation === "GetSecret" && status === 200).length;
  // One read of the secret is the update's own.
  const looks = read - 1;
  const atRegistry = calls.filter(({ service }) => service === "blobs" || service.startsWith("registry:")).length;
  const polls = 2 * looks + atRegistry + count("Operations_Get", "OperationResults_Get");
  const challenges = calls.filter(({ service, status }) => service === "vault" && status === 401).length;
  const signIn =
    count("AppService_Token", "OpenIdConfiguration", "SigningKeys") + count("Token_V2") - looks + challenges;
  return {
    total: calls.length,
    polls,
    signInOnceAProcess: signIn,
    besidesPollsAndSignIn: calls.length - polls - signIn,
    byService: Object.fromEntries(byService),
  };
}

async function control(stack: Stack, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${stack.cloud.controlUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}
