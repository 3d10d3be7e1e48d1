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
