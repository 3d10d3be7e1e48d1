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

/** A clock that can be put forward. */
export interface CloudClock extends Clock {
  /** How far it is ahead of the machine's, in milliseconds. */
  aheadInMs(): number;
  /** Puts it forward; what becomes due on the way is done in its order, each at its time. */
  advance(byInMs: number): void;
  stop(): void;
}

interface Due {
  readonly at: number;
  readonly work: () => void;
  timer: NodeJS.Timeout;
}

/** The machine's clock, unless it is put forward: tokens are checked by real clients, who know nothing of that. */
export function machineClock(): CloudClock {
  let ahead = 0;
  const pending = new Set<Due>();
  const now = (): number => Date.now() + ahead;
  const run = (due: Due): void => {
    clearTimeout(due.timer);
    if (pending.delete(due)) due.work();
  };
  const arm = (due: Due): void => {
    clearTimeout(due.timer);
    due.timer = setTimeout(() => run(due), Math.max(0, due.at - now()));
  };
  return {
    now,
    aheadInMs: () => ahead,
    after: (dueInMs, work) => {
      const due: Due = { at: now() + dueInMs, work, timer: setTimeout(() => run(due), dueInMs) };
      pending.add(due);
      return {
        cancel: () => {
          clearTimeout(due.timer);
          pending.delete(due);
        },
      };
    },
    advance: (byInMs) => {
      const end = now() + byInMs;
      for (let next = soonest(pending, end); next; next = soonest(pending, end)) {
        ahead += Math.max(0, next.at - now());
        run(next);
      }
      ahead += Math.max(0, end - now());
      for (const due of pending) arm(due);
    },
    stop: () => {
      for (const { timer } of pending) clearTimeout(timer);
      pending.clear();
    },
  };
}

function soonest(pending: ReadonlySet<Due>, end: number): Due | undefined {
  const [first] = [...pending].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
  return first;
}
