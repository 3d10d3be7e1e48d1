import { z } from "zod";
import type { Admission, Clock } from "../kit/contract.ts";
import type { LifeBook } from "../kit/life.ts";
import { bucketsOver } from "./buckets.ts";
import { rulesOf } from "./rules.ts";

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

/** On while any switch of the group `limits` is. */
export function limitsOver(clock: Clock, life: LifeBook, change: LimitsChange = {}): Limits {
  const buckets = bucketsOver(clock);
  let { scale = 1 } = change;
  if (change.enabled !== undefined) life.configure({ limits: change.enabled });
  const settings = (): LimitsSettings => ({ enabled: life.on("limits"), scale });
  return {
    admit: (service, call, route) => {
      if (!life.on("limits")) return { headers: {} };
      const headers: Record<string, string> = {};
      for (const rule of rulesOf(service, call, route, () => clock.now())) {
        const size = Math.max(rule.cost, rule.bucket.size * scale);
        const bucket = { size, perSecond: rule.bucket.perSecond * scale };
        const taken = buckets.take(rule.key, bucket, rule.cost);
        if (!taken.isAdmitted) {
          life.strike("throttling");
          return { refused: rule.refusal(taken), headers };
        }
        Object.assign(headers, rule.headers(taken));
      }
      return { headers };
    },
    settings,
    configure: (next) => {
      if (next.enabled !== undefined) life.configure({ limits: next.enabled });
      scale = next.scale ?? scale;
      buckets.empty();
      return settings();
    },
  };
}
