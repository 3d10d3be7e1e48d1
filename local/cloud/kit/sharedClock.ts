import type { CloudClock } from "./clock.ts";

/** A clock that stands still but for its jumps, and waits for what comes due before it goes on. */
export interface SharedClock {
  now(): Date;
  /** Answers how to forget it. */
  at(when: Date, action: () => void | Promise<void>): () => void;
  jump(to: Date): void;
}

/** The cloud's time as another clock of this process tells it: what becomes due here is due there, in its turn. */
export function cloudClockOver(shared: SharedClock): CloudClock {
  const now = (): number => shared.now().getTime();
  const pending = new Set<() => void>();
  const advanceTo = async (atInMs: number): Promise<void> => shared.jump(new Date(atInMs));
  return {
    now,
    aheadInMs: () => now() - Date.now(),
    after: (dueInMs, work) => {
      const forget = shared.at(new Date(now() + dueInMs), () => {
        pending.delete(forget);
        return work();
      });
      pending.add(forget);
      return {
        cancel: () => {
          pending.delete(forget);
          forget();
        },
      };
    },
    advance: (byInMs) => advanceTo(now() + byInMs),
    advanceTo,
    standStill: () => undefined,
    stop: () => {
      for (const forget of pending) forget();
      pending.clear();
    },
  };
}
