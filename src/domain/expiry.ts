import type { Instant } from "./time.ts";

const day = 86_400_000;

export function expiryFrom(now: Date, lifetimeInDays: number): Instant {
  return new Date(now.getTime() + lifetimeInDays * day).toISOString();
}

/** A secret is worth handing to one more cluster while less than two thirds of its life are used up. */
export function isFresh(secret: { readonly createdAt: Instant; readonly expiresAt: Instant }, now: Date): boolean {
  const born = new Date(secret.createdAt).getTime();
  const ends = new Date(secret.expiresAt).getTime();
  return now.getTime() < born + ((ends - born) * 2) / 3;
}

/** The longest life that a tenant was last seen to allow a password. */
export type LifetimeCap = { readonly days: number; readonly seenAt: Instant };

/** Then a longer life is tried again: the policy may have been lifted. */
const rememberedForInDays = 90;

/** How long a new secret shall live, under what is remembered of the tenant. */
export function lifetimeUnder(cap: LifetimeCap | null, wantedInDays: number, now: Date): number {
  if (cap === null || new Date(expiryFrom(new Date(cap.seenAt), rememberedForInDays)) <= now) return wantedInDays;
  return Math.min(cap.days, wantedInDays);
}

const hour = 1 / 24;
const usualLivesInDays = [365, 180, 120, 90, 60, 30, 14, 7, 3, 1];

/**
 * Lives to try after one was refused as too long, the longest first. `allowedInDays`: what the tenant's policy says, which
 * many may not read; the clocks of two replicas may differ by a little of it.
 */
export function shorterLives(refusedInDays: number, allowedInDays: number | null): readonly number[] {
  const allowed = allowedInDays === null ? [] : [allowedInDays, allowedInDays - hour];
  return [...new Set([...allowed, ...usualLivesInDays])]
    .filter((days) => days > 0 && days < refusedInDays && days <= (allowedInDays ?? days))
    .sort((a, b) => b - a);
}
