import { createHash } from "node:crypto";
import { openingsBetween } from "./openings.ts";
import type { Policy } from "./policy.ts";
import { mayHold, secretOf, type KeptSecret, type PullIdentity } from "./pullIdentity.ts";
import type { Instant } from "./time.ts";
import type { MaintenanceWindow } from "./window.ts";

/** The life of a credential. */
export type Life = { readonly createdAt: Instant; readonly expiresAt: Instant };

export type RotationPolicy = Pick<Policy, "fraction" | "window">;

/** Secrets that were made together are replaced apart: each earlier by up to this part of its life. */
const spread = 0.05;
/** Room for one opening that is missed. */
const openingsNeeded = 2;
const dayInMs = 86_400_000;
/** How far back three openings are looked for: of every day, of every week, of a day of a month (they lie within the last). */
const looksInDays = [5, 30, 140];

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

/**
 * When the credential on a cluster's nodes is due to be replaced: of several that a node may hold, the first that is. null
 * where the nodes hold none of ours.
 */
export function nextRotationAt(identity: PullIdentity, policy: RotationPolicy): Instant | null {
  return (
    onNodes(identity)
      .flatMap((secret) => (secret ? dueAt(secret, policy, identity.clusterKey) : []))
      .sort()[0] ?? null
  );
}

/** What a node may hold; undefined stands for one that no row knows any more. */
function onNodes(identity: PullIdentity): readonly (KeptSecret | undefined)[] {
  return mayHold(identity).map((version) => secretOf(identity, version));
}

/** From here on only two openings are left before `ends`. */
function lastMomentFor(window: MaintenanceWindow, born: number, ends: number): number {
  for (const days of looksInDays) {
    const from = new Date(Math.max(born, ends - days * dayInMs)).toISOString();
    const before = openingsBetween(window, from, new Date(ends).toISOString()).at(-openingsNeeded - 1);
    if (before) return new Date(before.closesAt).getTime();
  }
  return born;
}

/** From 0 up to 1, by the cluster alone: what is planned for it can be told exactly. */
function shareOf(clusterKey: string): number {
  return createHash("sha256").update(`rotation ${clusterKey}`).digest().readUInt32BE(0) / 2 ** 32;
}

const attentions = ["none", "watch", "act", "now"] as const;
/** How near the end of its life the credential on the nodes is: a third, a sixth, a twelfth is left. */
export type Attention = (typeof attentions)[number];

/** Of several credentials that a node may hold, the worst counts. One that was refused, or is lost, pulls no more. */
export function attentionOf(identity: PullIdentity, at: Date): Attention {
  const found = onNodes(identity).map((secret) =>
    secret && secret.state !== "rejected" ? attentionAt(secret, at) : "now",
  );
  return attentions.findLast((attention) => found.includes(attention)) ?? "none";
}

export function attentionAt({ createdAt, expiresAt }: Life, at: Date): Attention {
  const ends = new Date(expiresAt).getTime();
  const left = (ends - at.getTime()) / (ends - new Date(createdAt).getTime());
  if (left <= 1 / 12) return "now";
  if (left <= 1 / 6) return "act";
  return left <= 1 / 3 ? "watch" : "none";
}
