import { z } from "zod";
import { chanceOf } from "../kit/chance.ts";
import { inClockMs } from "../kit/clock.ts";
import type { Clock, Timings } from "../kit/contract.ts";
import type { LifeBook } from "../kit/life.ts";
import { logNormal } from "../kit/random.ts";
import { kindNames, kinds, type Delay, type Kind } from "./kinds.ts";

const seconds = z.number().min(0).max(86_400);
const delay = z.strictObject({ medianInSeconds: seconds, p95InSeconds: seconds });

export const consistencySchema = z.strictObject({
  enabled: z.boolean().optional(),
  seed: z.int().min(0).optional(),
  replicas: z.int().min(1).max(100).optional(),
  delays: z.partialRecord(z.enum(kindNames), delay).optional(),
});

export interface ConsistencySettings {
  readonly enabled: boolean;
  readonly seed: number;
  /** Each learns of a thing in its own time; a question lands on any of them. */
  readonly replicas: number;
  readonly delays: Readonly<Record<Kind, Delay>>;
}

export type ConsistencyChange = z.output<typeof consistencySchema>;

export interface Replicas {
  /**
   * Does the replica this question lands on know of what happened at `since`? `key` tells one thing from another, `caller`
   * who asks. A "no" is counted as an effect of the switch behind the kind, so ask only what the answer depends on.
   */
  know(kind: Kind, key: string, since: number, caller?: string): boolean;
  /** When the last replica learns of what happened at `since`. */
  knownAt(kind: Kind, key: string, since: number): number;
  settings(): ConsistencySettings;
  /** Begins anew with the seed. */
  configure(change: ConsistencyChange): ConsistencySettings;
  /** Every replica knows everything there is now. */
  settle(): void;
}

interface Settings {
  readonly seed: number;
  readonly replicas: number;
  readonly delays: Readonly<Record<Kind, Delay>>;
}

const lifelike: Settings = {
  seed: 1,
  replicas: 3,
  delays: mapped(({ medianInSeconds, p95InSeconds }) => ({ medianInSeconds, p95InSeconds })),
};

/**
 * What chance decides follows from the seed, the thing, the caller and how often that caller has asked about it: the same
 * run gets the same answers, in whatever order its callers come. A kind lags while its switch is on.
 */
export function replicasOver(
  clock: Clock,
  timings: Timings,
  life: LifeBook,
  { enabled: enabledAtFirst, ...change }: ConsistencyChange = {},
): Replicas {
  if (enabledAtFirst !== undefined) life.configure({ consistency: enabledAtFirst });
  let settings = changed(lifelike, change);
  let settledAt = clock.now();
  const asked = new Map<string, number>();
  const shown = (): ConsistencySettings => ({ ...settings, enabled: life.on("consistency") });
  /** Which replica the next question of this caller about this thing lands on. */
  const landing = (kind: Kind, key: string, caller: string): number => {
    const question = `${kind} ${key} ${caller}`;
    const count = (asked.get(question) ?? 0) + 1;
    asked.set(question, count);
    return Math.floor(chanceOf(settings.seed, "landing", question, count) * settings.replicas);
  };
  return {
    know: (kind, key, since, caller = "") => {
      if (since <= settledAt || !life.on(kinds[kind].switch)) return true;
      const age = clock.now() - since;
      if (age > inClockMs(timings, longestOf(settings.delays[kind]))) return true;
      const reached = delayOf(settings, kind, key, landing(kind, key, caller));
      if (age >= inClockMs(timings, reached)) return true;
      life.strike(kinds[kind].switch);
      return false;
    },
    knownAt: (kind, key, since) => {
      if (since <= settledAt || !life.on(kinds[kind].switch)) return since;
      const delays = Array.from({ length: settings.replicas }, (_, replica) => delayOf(settings, kind, key, replica));
      return since + inClockMs(timings, Math.min(Math.max(...delays), longestOf(settings.delays[kind])));
    },
    settings: shown,
    configure: ({ enabled, ...next }) => {
      if (enabled !== undefined) life.configure({ consistency: enabled });
      settings = changed(settings, next);
      asked.clear();
      return shown();
    },
    settle: () => {
      settledAt = clock.now();
      asked.clear();
    },
  };
}

/** How long this replica takes to learn of a thing, in simulated seconds. */
function delayOf({ seed, delays }: Settings, kind: Kind, key: string, replica: number): number {
  const draw = (which: string): number => chanceOf(seed, which, kind, key, replica);
  const drawn = [draw("radius"), draw("angle")];
  return logNormal(() => drawn.shift() ?? 0, delays[kind].medianInSeconds, delays[kind].p95InSeconds);
}

function longestOf({ p95InSeconds }: Delay): number {
  return 4 * p95InSeconds;
}

function changed(settings: Settings, { seed, replicas, delays = {} }: Omit<ConsistencyChange, "enabled">): Settings {
  return {
    seed: seed ?? settings.seed,
    replicas: replicas ?? settings.replicas,
    delays: mapped((_, kind) => delays[kind] ?? settings.delays[kind]),
  };
}

function mapped(make: (lag: (typeof kinds)[Kind], kind: Kind) => Delay): Readonly<Record<Kind, Delay>> {
  return Object.fromEntries(kindNames.map((kind) => [kind, make(kinds[kind], kind)])) as Record<Kind, Delay>;
}
