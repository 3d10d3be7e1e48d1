import { z } from "zod";
import { lasting } from "../kit/clock.ts";
import type { Clock, Timings } from "../kit/contract.ts";
import type { LifeBook } from "../kit/life.ts";
import { logNormal, randomFrom } from "../kit/random.ts";

const seconds = z.number().min(0).max(86_400);
const delay = z.strictObject({ medianInSeconds: seconds, p95InSeconds: seconds });

/** What takes time to reach every replica, and how long: log-normal, in simulated seconds. */
const delays = z.strictObject({
  application: delay,
  servicePrincipal: delay,
  secret: delay,
  /** Until then a removed secret goes on working. */
  secretRemoval: delay,
  roleAssignment: delay,
});
export type Kind = keyof z.output<typeof delays>;

export const consistencySchema = z.strictObject({
  enabled: z.boolean().optional(),
  seed: z.int().min(0).optional(),
  replicas: z.int().min(1).max(100).optional(),
  delays: delays.partial().optional(),
});

export interface ConsistencySettings {
  readonly enabled: boolean;
  readonly seed: number;
  /** Each learns of a thing in its own time; a question lands on any of them. */
  readonly replicas: number;
  readonly delays: z.output<typeof delays>;
}

/** Observed: 4 to 18 s for secrets, up to 4 minutes for service principals, 1 to 10 minutes for roles. The rest is chosen. */
export const lifelikeConsistency: ConsistencySettings = {
  enabled: false,
  seed: 1,
  replicas: 3,
  delays: {
    application: { medianInSeconds: 2, p95InSeconds: 15 },
    servicePrincipal: { medianInSeconds: 10, p95InSeconds: 240 },
    secret: { medianInSeconds: 8, p95InSeconds: 18 },
    secretRemoval: { medianInSeconds: 30, p95InSeconds: 180 },
    roleAssignment: { medianInSeconds: 75, p95InSeconds: 600 },
  },
};

export type ConsistencyChange = z.output<typeof consistencySchema>;

export interface Replicas {
  /** Does the replica this question lands on know of what happened at `since`? `key` tells one thing from another. */
  know(kind: Kind, key: string, since: number): boolean;
  settings(): ConsistencySettings;
  /** Begins anew with the seed. */
  configure(change: ConsistencyChange): ConsistencySettings;
  /** Every replica knows everything there is now. */
  settle(): void;
}

/** Same seed and same order of questions: same answers. On while any switch of the group `consistency` is. */
export function replicasOver(
  clock: Clock,
  timings: Timings,
  life: LifeBook,
  { enabled: enabledAtFirst, ...change }: ConsistencyChange = {},
): Replicas {
  if (enabledAtFirst !== undefined) life.configure({ consistency: enabledAtFirst });
  let settings = changed(lifelikeConsistency, change);
  let settledAt = clock.now();
  let drawn = new Map<string, readonly number[]>();
  let random = randomFrom(settings.seed);
  const begin = (): void => {
    drawn = new Map();
    random = randomFrom(settings.seed);
  };
  /** When each replica knows, in milliseconds after it happened. */
  const delaysOf = (kind: Kind, key: string): readonly number[] => {
    const name = `${kind} ${key}`;
    const { medianInSeconds, p95InSeconds } = settings.delays[kind];
    const known = drawn.get(name);
    if (known) return known;
    const made = Array.from({ length: settings.replicas }, () => logNormal(random, medianInSeconds, p95InSeconds));
    drawn.set(name, made);
    return made;
  };
  return {
    know: (kind, key, since) => {
      if (!life.on("consistency") || since <= settledAt) return true;
      const age = clock.now() - since;
      if (age > lasting(timings, 4 * settings.delays[kind].p95InSeconds)) return true;
      const all = delaysOf(kind, key);
      const reached = all[Math.floor(random() * all.length)] ?? 0;
      return age >= lasting(timings, reached);
    },
    settings: () => ({ ...settings, enabled: life.on("consistency") }),
    configure: ({ enabled, ...next }) => {
      if (enabled !== undefined) life.configure({ consistency: enabled });
      settings = changed(settings, next);
      begin();
      return { ...settings, enabled: life.on("consistency") };
    },
    settle: () => {
      settledAt = clock.now();
      begin();
    },
  };
}

function changed(settings: ConsistencySettings, { delays: given, ...rest }: ConsistencyChange): ConsistencySettings {
  const set = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const longer = Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined));
  return { ...settings, ...set, delays: { ...settings.delays, ...longer } };
}
