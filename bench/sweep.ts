/** What the daily sweep costs where nothing is due: the real app, with so many rows of pull identities in its table. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildApp } from "../local/stack/build.ts";
import { startStack, type Stack } from "../local/stack/stack.ts";
import { newIdentity, type PullIdentity } from "../src/domain/pullIdentity.ts";
import { Secret } from "../src/domain/secret.ts";
import { sweepInstance } from "../src/domain/sweep.ts";
import { connectStore } from "../src/store/store.ts";
import { machine, round } from "./machine.ts";
import { appWorker } from "./worker.ts";

const root = join(import.meta.dirname, "..");
const insertedAtOnce = 24;

/** `identities` rows, and a tenth of them, in a laptop of their own each; `times` is the ratio of what the app's process took. */
export async function benchSweep(identities: number) {
  await buildApp(root);
  const small = await sweepOf(Math.max(1, Math.round(identities / 10)));
  const large = await sweepOf(identities);
  return { bench: "sweep", machine: machine(), small, large, times: round(large.cpuSeconds / small.cpuSeconds) };
}

async function sweepOf(identities: number) {
  const stack = await startStack({ folder: join(root, ".crosspull/bench"), app: root, port: 18_071, cloudPort: 0 });
  try {
    await insert(stack, identities);
    const began = performance.now();
    const before = appWorker()?.cpuInSeconds ?? 0;
    // The first request finds that none has ended, and starts it.
    await fetch(`${stack.url}/api/health?live`);
    const outcome = await ended(stack);
    const worker = appWorker();
    return {
      identities,
      seen: outcome.identities,
      due: outcome.due,
      seconds: round((performance.now() - began) / 1000),
      cpuSeconds: Math.round(((worker?.cpuInSeconds ?? 0) - before) * 100) / 100,
      peakMemoryInMB: worker?.peakMemoryInMB ?? null,
    };
  } finally {
    await stack.close();
  }
}

async function insert(stack: Stack, identities: number): Promise<void> {
  const connectionString = new Secret(stack.azurite.connectionString);
  const store = connectStore({ prefix: "crosspull", storage: { kind: "connectionString", connectionString } });
  const made = new Date();
  let next = 0;
  const insertNext = async (): Promise<void> => {
    for (let number = next++; number < identities; number = next++) {
      const row = freshIdentity(number, made);
      await store.identities.insert(row.clusterKey, row);
      if (number % 500 === 0) process.stderr.write(`\rsweep: ${number}/${identities} rows`);
    }
  };
  await Promise.all(Array.from({ length: insertedAtOnce }, insertNext));
  process.stderr.write(`\rsweep: ${identities}/${identities} rows\n`);
}

/** Of a cluster whose nodes hold a secret of this minute, with a window of its own. */
function freshIdentity(number: number, made: Date): PullIdentity {
  // Keys spread over the table's partitions as those of real clusters do.
  const clusterKey = (BigInt(number) * 0x9e3779b97f4a7c15n).toString(16).slice(-16).padStart(16, "0");
  const createdAt = made.toISOString();
  const version = number.toString(16).padStart(32, "0");
  const about = { clusterKey, clusterId: `/clusters/${number}`, tenantId: `tenant-${number % 50}`, createdAt };
  const expiresAt = new Date(made.getTime() + 180 * 86_400_000).toISOString();
  const secret = { name: `pull-${clusterKey}`, version, keyId: `key-${number}`, createdAt, expiresAt };
  return {
    ...newIdentity(about),
    appId: `app-${number}`,
    appObjectId: `object-${number}`,
    secrets: [{ ...secret, state: "current", by: `operation-${number}` }],
    onCluster: { state: "held", version, since: createdAt },
    policy: {
      lifetimeInDays: null,
      fraction: null,
      window: { zone: "Europe/Paris", days: [number % 7], startMinute: 60, endMinute: 300 },
    },
  };
}

async function ended(stack: Stack): Promise<{ readonly identities: number; readonly due: number }> {
  for (const end = performance.now() + 600_000; performance.now() < end; await sleep(20)) {
    const instance = stack.host.instances.get(sweepInstance);
    if (instance?.runtimeStatus === "Completed") return instance.output as never;
    if (instance && !["Pending", "Running"].includes(instance.runtimeStatus))
      throw new Error(`the sweep is ${instance.runtimeStatus}: ${JSON.stringify(instance.output)}`);
  }
  throw new Error("the sweep has not ended within ten minutes");
}
