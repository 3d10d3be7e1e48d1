import { z } from "zod";
import { inClockMs } from "../kit/clock.ts";
import type { Admission, Clock, Reply, Timings } from "../kit/contract.ts";
import type { LifeBook } from "../kit/life.ts";
import { bucketsOver } from "./buckets.ts";
import { limitsLife } from "./life.ts";
import { rulesOf, type Rule } from "./rules.ts";
import { shutOuts } from "./shutOuts.ts";

export const limitsSchema = z.strictObject({
  enabled: z.boolean().optional(),
  /** All buckets and their refills times this: 0.01 makes a test of them short. */
  scale: z.number().positive().max(1000).optional(),
});
export type LimitsChange = z.output<typeof limitsSchema>;

export interface LimitsSettings {
  readonly enabled: boolean;
  readonly scale: number;
}

export interface Limits extends Admission {
  settings(): LimitsSettings;
  /** All buckets are full afterwards. */
  configure(change: LimitsChange): LimitsSettings;
}

/** On while any of its switches is. */
export function limitsOver(clock: Clock, timings: Timings, life: LifeBook, change: LimitsChange = {}): Limits {
  const buckets = bucketsOver(clock);
  const shut = shutOuts(life, (seconds) => inClockMs(timings, seconds));
  let { scale = 1 } = change;
  if (change.enabled !== undefined) life.configure({ limits: change.enabled });
  const settings = (): LimitsSettings => ({ enabled: life.on("limits"), scale });
  const isOn = (): boolean => limitsLife.some(({ name }) => life.on(name));
  /** Are the caller's own calls enough to be refused? Where others alone use the limits up, they are not. */
  const countsCalls = (): boolean => limitsLife.some(({ name }) => name !== "sharedLimits" && life.on(name));

  /** The refusal of one rule, or what the answer says of it. */
  const pass = (rule: Rule, about: string): Reply | Readonly<Record<string, string>> => {
    const now = clock.now();
    const stillShut = shut.refusal(rule, now) ?? shut.byOthers(rule, about, now);
    if (stillShut) return stillShut;
    const size = Math.max(rule.cost, rule.bucket.size * scale);
    const taken = buckets.take(rule.key, { size, perSecond: rule.bucket.perSecond * scale }, rule.cost);
    if (taken.isAdmitted || !countsCalls()) return rule.headers(taken);
    if (life.on("throttling")) life.strike("throttling");
    return shut.beyond(rule, taken, now);
  };
  return {
    admit: (service, call, route) => {
      if (!isOn()) return { headers: {} };
      const headers: Record<string, string> = {};
      for (const rule of rulesOf(service, call, route, () => clock.now())) {
        const passed = pass(rule, `${route.operation} ${call.url.pathname} ${call.principal?.appId}`);
        if (isReply(passed)) return { refused: passed, headers };
        Object.assign(headers, passed);
      }
      return { headers };
    },
    settings,
    configure: (next) => {
      if (next.enabled !== undefined) life.configure({ limits: next.enabled });
      scale = next.scale ?? scale;
      buckets.empty();
      shut.forget();
      return settings();
    },
  };
}

function isReply(passed: Reply | Readonly<Record<string, string>>): passed is Reply {
  return typeof passed["status"] === "number";
}
