import { agenda, type Agenda } from "./agenda.ts";
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
export function inClockMs(timings: Timings, seconds: number): number {
  return (seconds * 1000) / timings.speed;
}

/** A clock that can be put forward. */
export interface CloudClock extends Clock {
  /** How far it is ahead of the machine's, in milliseconds. */
  aheadInMs(): number;
  /** Puts it forward; what becomes due on the way is done in its order, each at its time, and waited for. */
  advance(byInMs: number): Promise<void>;
  /** The same up to a moment; never back. */
  advanceTo(atInMs: number): Promise<void>;
  /** `true`: it only moves when it is put forward. `false`: it goes on with the machine's. */
  standStill(still: boolean): void;
  stop(): void;
}

/** The machine's clock, unless it is put forward: tokens are checked by real clients, who know nothing of that. */
export function machineClock(): CloudClock {
  const due = agenda();
  const hand = clockHand();
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;
  const arm = (): void => {
    clearTimeout(timer);
    const next = due.soonest();
    if (!next || underWay || (hand.isStill() && next.at > hand.now())) return;
    timer = setTimeout(wake, Math.min(Math.max(0, next.at - hand.now()), longestSleepInMs));
  };
  const wake = (): void => {
    for (let next = due.soonest(); next && next.at <= hand.now(); next = due.soonest()) {
      due.drop(next);
      void next.work();
    }
    arm();
  };
  /** One after another: a later one finds what an earlier one has done. */
  const inTurn = (end: () => number): Promise<void> => {
    const mine: Promise<void> = (underWay ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => play(due, hand, end()))
      .finally(() => {
        if (underWay === mine) underWay = undefined;
        arm();
      });
    underWay = mine;
    arm();
    return mine;
  };
  return {
    now: () => hand.now(),
    aheadInMs: () => hand.now() - Date.now(),
    after: (dueInMs, work) => {
      const entry = { at: hand.now() + dueInMs, work };
      due.put(entry);
      arm();
      return { cancel: () => due.drop(entry) };
    },
    advance: (byInMs) => inTurn(() => hand.now() + byInMs),
    advanceTo: (atInMs) => inTurn(() => atInMs),
    standStill: (still) => {
      if (!underWay) hand.hold(still);
      arm();
    },
    stop: () => {
      clearTimeout(timer);
      due.clear();
    },
  };
}

/** Goes on to a moment. Time stands still wherever something is due on the way, as long as that takes. */
async function play(due: Agenda, hand: Hand, end: number): Promise<void> {
  const wasStill = hand.isStill();
  hand.hold(true);
  try {
    let restedAt = performance.now();
    for (let next = due.soonest(); next && next.at <= end; next = due.soonest()) {
      due.drop(next);
      hand.goTo(next.at);
      await next.work();
      if (performance.now() - restedAt < longestWithoutRestInMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      restedAt = performance.now();
    }
    hand.goTo(end);
  } finally {
    hand.hold(wasStill);
  }
}

/** What shows the time. */
interface Hand {
  now(): number;
  isStill(): boolean;
  /** `false`: it goes on from where it stands. */
  hold(still: boolean): void;
  /** Never back. */
  goTo(atInMs: number): void;
}

function clockHand(): Hand {
  let ahead = 0;
  let heldAt: number | undefined;
  const now = (): number => heldAt ?? Date.now() + ahead;
  return {
    now,
    isStill: () => heldAt !== undefined,
    hold: (still) => {
      if (heldAt !== undefined) ahead = heldAt - Date.now();
      heldAt = still ? now() : undefined;
    },
    goTo: (atInMs) => {
      const byInMs = Math.max(0, atInMs - now());
      if (heldAt === undefined) ahead += byInMs;
      else heldAt += byInMs;
    },
  };
}

/** Node's timers cannot sleep longer than 24 days. */
const longestSleepInMs = 3_600_000;

/** So long may what is due keep this process from answering. */
const longestWithoutRestInMs = 100;
