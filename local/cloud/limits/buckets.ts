import type { Clock } from "../kit/contract.ts";

/** Fills at a steady pace up to its size; a call takes what it costs out of it. */
export interface BucketSize {
  readonly size: number;
  readonly perSecond: number;
}

export interface Taken {
  readonly isAdmitted: boolean;
  /** Whole calls of the same cost that are left. */
  readonly remaining: number;
  /** Whole seconds until the same call would be admitted; 0 where it was. */
  readonly retryAfterInSeconds: number;
}

export interface Buckets {
  /** All of them or none: a refused call costs nothing. */
  take(key: string, bucket: BucketSize, cost: number): Taken;
  empty(): void;
}

export function bucketsOver(clock: Clock): Buckets {
  const levels = new Map<string, { level: number; at: number }>();
  return {
    take: (key, { size, perSecond }, cost) => {
      const now = clock.now();
      const { level: before, at } = levels.get(key) ?? { level: size, at: now };
      const level = Math.min(size, before + (Math.max(0, now - at) / 1000) * perSecond);
      const isAdmitted = level >= cost;
      const left = isAdmitted ? level - cost : level;
      levels.set(key, { level: left, at: now });
      return {
        isAdmitted,
        remaining: Math.floor(left / cost),
        retryAfterInSeconds: isAdmitted ? 0 : Math.max(1, Math.ceil((cost - level) / perSecond)),
      };
    },
    empty: () => levels.clear(),
  };
}
