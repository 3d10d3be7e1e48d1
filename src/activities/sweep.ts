/** The acts of the daily sweep. */
import { InputError } from "../domain/errors.ts";
import { effectivePolicy, type PolicyDefaults } from "../domain/policy.ts";
import { firstExpiry, hasSomethingToRotate, type PullIdentity, type RotationAttempt } from "../domain/pullIdentity.ts";
import { attentionOf, nextRotationAt } from "../domain/rotationTime.ts";
import {
  choose,
  failuresInARow,
  sweepKey,
  type Due,
  type Sweep,
  type SweepInput,
  type SweepLimits,
  type SweepOutcome,
} from "../domain/sweep.ts";
import { activity } from "../durable/calls.ts";
import { allRows } from "./allRows.ts";
import { beginRotation } from "./beginRotation.ts";
import type { Needs } from "./world.ts";

type ToBegin = {
  readonly identities: number;
  readonly due: number;
  readonly keys: readonly string[];
  readonly heldBack: string | null;
};

/** Of rows of some two kilobytes: the memory of a sweep is that of a page, however many there are. */
const pageSize = 100;

/** Reads every pull identity, page by page, and chooses those whose rotation is to begin now. */
export const findDue = activity(
  "findDue",
  async (
    { defaults, limits }: { readonly defaults: PolicyDefaults; readonly limits: SweepLimits },
    { identities, operations, now }: Needs<"identities" | "operations" | "now">,
  ): Promise<ToBegin> => {
    const underWay = new Set<string>();
    for (const state of ["running", "waiting"])
      for await (const { subject } of allRows(operations, { kind: "rotation", state })) underWay.add(subject);
    const at = now();
    const due: Due[] = [];
    const attempts: RotationAttempt[] = [];
    let seen = 0;
    for await (const identity of allRows(identities, {}, pageSize)) {
      seen += 1;
      if (identity.lastAttempt) attempts.push(identity.lastAttempt);
      if (isDue(identity, defaults, at)) due.push(dueOf(identity, underWay, at));
    }
    const { keys, heldBack } = choose(due, underWay.size, failuresInARow(attempts), limits);
    return { identities: seen, due: due.length, keys, heldBack };
  },
);

function isDue(identity: PullIdentity, defaults: PolicyDefaults, at: Date): boolean {
  if (!hasSomethingToRotate(identity)) return false;
  const next = nextRotationAt(identity, effectivePolicy(identity.policy, defaults));
  return next !== null && new Date(next) <= at;
}

function dueOf(identity: PullIdentity, underWay: ReadonlySet<string>, at: Date): Due {
  const { clusterKey, lastAttempt } = identity;
  return {
    clusterKey,
    expiresAt: firstExpiry(identity),
    isPressing: attentionOf(identity, at) === "now",
    lastAttemptAt: lastAttempt?.at ?? null,
    isUnderWay: underWay.has(clusterKey),
  };
}

/** The sweep's row as it stands; the first who looks makes it. */
export async function sweepRow({ sweeps, now }: Needs<"sweeps" | "now">): Promise<Sweep> {
  const row = await sweeps.read(sweepKey);
  if (row) return row.value;
  const first: Sweep = { knownSince: now().toISOString(), startedAt: null, lastEndedAt: null, last: null };
  await sweeps.insert(sweepKey, first);
  return (await sweeps.read(sweepKey))?.value ?? first;
}

/** Writes down that a sweep began, or how one ended. */
export const recordSweep = activity(
  "recordSweep",
  async ({ outcome }: { readonly outcome: SweepOutcome | null }, tools: Needs<"sweeps" | "now">): Promise<void> => {
    await sweepRow(tools);
    const at = tools.now().toISOString();
    await tools.sweeps.update(sweepKey, (row) =>
      outcome === null ? { ...row, startedAt: at } : { ...row, lastEndedAt: at, last: outcome },
    );
  },
);

type Begun = { readonly begun: number; readonly failed: SweepOutcome["failed"] };

/** Begins the rotations of some clusters; one that cannot be begun keeps no other from it. Again is harmless. */
export const beginRotations = activity(
  "beginRotations",
  async (
    { keys, defaults, waits }: Pick<SweepInput, "defaults" | "waits"> & { readonly keys: readonly string[] },
    { identities, operations, now, instances }: Needs<"identities" | "operations" | "now" | "instances">,
  ): Promise<Begun> => {
    const failed: { readonly clusterKey: string; readonly words: string }[] = [];
    let begun = 0;
    for (const clusterKey of keys) {
      const identity = (await identities.read(clusterKey))?.value;
      if (!identity || !hasSomethingToRotate(identity)) continue;
      const world = { identities, operations, now };
      const config = { ...defaults, waits };
      const wanted = { world, config, instances, identity };
      const words = await reasonNotBegun(() => beginRotation(wanted, "due"));
      if (words === null) begun += 1;
      else failed.push({ clusterKey, words });
    }
    return { begun, failed };
  },
  { asksDurable: true },
);

async function reasonNotBegun(begin: () => Promise<unknown>): Promise<string | null> {
  try {
    await begin();
    return null;
  } catch (error) {
    if (error instanceof InputError) return error.problem.detail;
    return error instanceof Error ? error.message : "something that is no Error was thrown";
  }
}
