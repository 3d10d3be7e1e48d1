import type { Clock, Timings } from "./contract.ts";

/** As long as in life. Sources: 30 to 120 s to re-image a node, one to two minutes for a role; see README.md. */
export const lifelikeTimings: Timings = {
  speed: 1,
  reimagePerNodeInSeconds: 120,
  rolePropagationInSeconds: 60,
  secretReplicationInSeconds: 10,
  principalReplicationInSeconds: 10,
};

/** Everything at once. */
export const instantTimings: Timings = {
  speed: 1,
  reimagePerNodeInSeconds: 0,
  rolePropagationInSeconds: 0,
  secretReplicationInSeconds: 0,
  principalReplicationInSeconds: 0,
};

/** Simulated seconds as milliseconds of the clock. */
export function lasting(timings: Timings, seconds: number): number {
  return (seconds * 1000) / timings.speed;
}

/** The machine's clock: tokens are checked by real clients, so time itself is never bent, only how long things take. */
export function machineClock(): Clock & { stop(): void } {
  const pending = new Set<NodeJS.Timeout>();
  return {
    now: Date.now,
    after: (dueInMs, work) => {
      const timer = setTimeout(() => {
        pending.delete(timer);
        work();
      }, dueInMs);
      pending.add(timer);
      return {
        cancel: () => {
          clearTimeout(timer);
          pending.delete(timer);
        },
      };
    },
    stop: () => {
      for (const timer of pending) clearTimeout(timer);
      pending.clear();
    },
  };
}
