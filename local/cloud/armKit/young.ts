import { inClockMs } from "../kit/clock.ts";
import type { Clock, Timings } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";

export interface YoungNeeds {
  readonly life: Life;
  readonly clock: Clock;
  readonly timings: Timings;
}

/** What was just made or begun. */
export interface Young {
  /** A name or path that is the same in each run: it decides how long which caller has to wait. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Object id of the one who never waits; undefined: everybody does. */
  readonly knownTo?: string | undefined;
  readonly longestInSeconds: number;
}

/** Is the replica of Resource Manager that this caller reaches still without it? Counts a strike of the switch if so. */
export function isUnseen(name: string, young: Young, caller: string, { life, clock, timings }: YoungNeeds): boolean {
  const { key, since, knownTo, longestInSeconds } = young;
  if (!life.on(name) || caller === knownTo) return false;
  const delayInMs = inClockMs(timings, life.chance(name, `${key} ${caller}`) * longestInSeconds);
  const unseen = clock.now() < since + delayInMs;
  if (unseen) life.strike(name);
  return unseen;
}
