import { effectivePolicy, type PolicyDefaults } from "../domain/policy.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import { windowText } from "../domain/window.ts";

/** What holds for a cluster, and beneath `set` what was set for it alone; null there: as the configuration says. */
export function policyView({ policy: set }: Pick<PullIdentity, "policy">, config: PolicyDefaults) {
  const { lifetimeInDays, fraction, window } = effectivePolicy(set, config);
  return {
    lifetimeInDays,
    fraction,
    window: window && windowText(window),
    set: {
      lifetimeInDays: set?.lifetimeInDays ?? null,
      fraction: set?.fraction ?? null,
      window: set?.window ? windowText(set.window) : null,
    },
  };
}
