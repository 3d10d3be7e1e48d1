import { createHash } from "node:crypto";
import { openingsBetween } from "./openings.ts";
import type { Instant } from "./time.ts";
import type { MaintenanceWindow } from "./window.ts";

/** The life of a credential. */
export type Life = { readonly createdAt: Instant; readonly expiresAt: Instant };

export type RotationPolicy = {
  /** The part of the life that is used up when a rotation is due, between 0 and 1. */
  readonly fraction: number;
  readonly window: MaintenanceWindow | null;
};

/** Secrets that were made together are replaced apart: each earlier by up to this part of its life. */
const spread = 0.05;
/** Room for one opening that is missed. */
const openingsNeeded = 2;
/** Three openings of a day of a month lie within. */
const longestLookInMs = 140 * 86_400_000;

/**
 * When a secret is due to be replaced: where the given part of its life is used up, less a part that is each cluster's
 * own, or where only two openings of the window are left before it expires, whichever is earlier.
 */
export function dueAt(
  { createdAt, expiresAt }: Life,
  { fraction, window }: RotationPolicy,
  clusterKey: string,
): Instant {
  const [born, ends] = [new Date(createdAt).getTime(), new Date(expiresAt).getTime()];
  const byLife = born + (ends - born) * Math.max(0, fraction - spread * shareOf(clusterKey));
  const byWindow = window === null ? Infinity : lastMomentFor(window, born, ends);
  return new Date(Math.max(born, Math.min(byLife, byWindow))).toISOString();
}

/** From here on only two openings are left before `ends`. */
function lastMomentFor(window: MaintenanceWindow, born: number, ends: number): number {
  const from = new Date(Math.max(born, ends - longestLookInMs)).toISOString();
  const openings = openingsBetween(window, from, new Date(ends).toISOString());
  const before = openings.at(-openingsNeeded - 1);
  return before === undefined ? born : new Date(before.closesAt).getTime();
}

/** From 0 up to 1, by the cluster alone: what is planned for it can be told exactly. */
function shareOf(clusterKey: string): number {
  return createHash("sha256").update(`rotation ${clusterKey}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** How near the end of its life the credential on the nodes is: a third, a sixth, a twelfth is left. */
export type Attention = "none" | "watch" | "act" | "now";

export function attentionAt({ createdAt, expiresAt }: Life, at: Date): Attention {
  const ends = new Date(expiresAt).getTime();
  const left = (ends - at.getTime()) / (ends - new Date(createdAt).getTime());
  if (left <= 1 / 12) return "now";
  if (left <= 1 / 6) return "act";
  return left <= 1 / 3 ? "watch" : "none";
}
