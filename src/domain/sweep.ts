/** The daily sweep: which clusters are due for a new secret, how many are begun at once, and when it is late itself. Pure. */
import type { PolicyDefaults } from "./policy.ts";
import type { RotationAttempt } from "./pullIdentity.ts";
import { secondsBetween, type Instant } from "./time.ts";
import type { OnboardingWaits } from "./waits.ts";

/** Name of the orchestrator, and the id of its one instance: two sweeps at once are one. */
export const sweepWorkflow = "sweepRotations";
export const sweepInstance = "sweep-rotations";

/** Of the one row. */
export const sweepKey = "00-sweep";

export type SweepLimits = {
  /** So many rotations may be under way, those that wait for their window or their grace included. */
  readonly maxConcurrent: number;
  /** After so many failures in a row a sweep begins one rotation only, until one succeeds. */
  readonly failuresInARow: number;
};

/** What a sweep is started with: everything it may not read later, because replays must see the same. */
export type SweepInput = {
  readonly defaults: PolicyDefaults;
  readonly waits: OnboardingWaits;
  readonly limits: SweepLimits;
};

/** The sweep's one row. */
export type Sweep = {
  /** When this app first looked: a sweep that has never ended is late from then on. */
  readonly knownSince: Instant;
  readonly startedAt: Instant | null;
  readonly lastEndedAt: Instant | null;
  readonly last: SweepOutcome | null;
};
export type SweepOutcome = {
  /** Pull identities that were looked at, that are due, and whose rotation was begun. */
  readonly identities: number;
  readonly due: number;
  readonly begun: number;
  /** Due, and not begun for want of room, or because too many failed in a row. */
  readonly put: number;
  /** Clusters whose rotation could not be begun, each with the reason. */
  readonly failed: readonly { readonly clusterKey: string; readonly words: string }[];
  /** Why the sweep holds back; null where it does not. */
  readonly heldBack: string | null;
};

/** A cluster whose secret is due. */
export type Due = {
  readonly clusterKey: string;
  readonly expiresAt: Instant;
  /** A twelfth of the life is left, or less: nothing holds it back. */
  readonly isPressing: boolean;
  readonly lastAttemptAt: Instant | null;
  /** A rotation of it stands on its row as not over: it is begun again where it has died, and takes no new room. */
  readonly isUnderWay: boolean;
};

export type Chosen = { readonly keys: readonly string[]; readonly heldBack: string | null };

/**
 * Which of those that are due are begun now: the soonest to expire first. After many failures in a row it is the one that
 * was tried longest ago, so that clusters that always fail do not keep those waiting that would not; and all that press.
 */
export function choose(due: readonly Due[], underWay: number, failures: number, limits: SweepLimits): Chosen {
  const fresh = due.filter(({ isUnderWay }) => !isUnderWay);
  const again = due.filter(({ isUnderWay }) => isUnderWay);
  const isHeldBack = failures >= limits.failuresInARow;
  const wanted = isHeldBack ? heldBack(fresh) : [...fresh].sort(bySoonest);
  const room = Math.max(0, limits.maxConcurrent - underWay);
  return {
    keys: [...wanted.slice(0, room), ...again].map(({ clusterKey }) => clusterKey),
    heldBack: isHeldBack
      ? `the last ${failures} rotations failed: one a sweep is tried until one succeeds, besides those that press`
      : null,
  };
}

function heldBack(due: readonly Due[]): readonly Due[] {
  const pressing = due.filter(({ isPressing }) => isPressing).sort(bySoonest);
  const others = due.filter(({ isPressing }) => !isPressing);
  const [longestAgo] = others.sort((a, b) => order(a.lastAttemptAt ?? "", b.lastAttemptAt ?? "") || bySoonest(a, b));
  return longestAgo ? [...pressing, longestAgo] : pressing;
}

function bySoonest(a: Due, b: Due): number {
  return order(a.expiresAt, b.expiresAt) || order(a.clusterKey, b.clusterKey);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How many of the last rotations failed, one after the other. A cancel counts for nothing. */
export function failuresInARow(attempts: readonly RotationAttempt[]): number {
  const newest = attempts.filter(({ outcome }) => outcome !== "cancelled").sort((a, b) => order(b.at, a.at));
  const success = newest.findIndex(({ outcome }) => outcome === "ended");
  return success === -1 ? newest.length : success;
}

const hour = 3600;
/** Daily, with an hour to spare; another hour for the sweep that the first look then starts. */
const overdueAfterInSeconds = 25 * hour;
const redAfterInSeconds = 26 * hour;

export type SweepHealth = {
  readonly lastEndedAt: Instant | null;
  readonly ageInSeconds: number;
  readonly state: "ok" | "overdue" | "red";
  readonly heldBack: string | null;
};

/** `overdue`: whoever looks starts the sweep. `red`: even so none has ended. One that never ended ages from the first look. */
export function sweepHealth({ knownSince, lastEndedAt, last }: Sweep, now: Date): SweepHealth {
  const ageInSeconds = Math.max(0, Math.floor(secondsBetween(lastEndedAt ?? knownSince, now)));
  const isOverdue = lastEndedAt === null || ageInSeconds >= overdueAfterInSeconds;
  const state = ageInSeconds >= redAfterInSeconds ? "red" : isOverdue ? "overdue" : "ok";
  return { lastEndedAt, ageInSeconds, state, heldBack: last?.heldBack ?? null };
}
