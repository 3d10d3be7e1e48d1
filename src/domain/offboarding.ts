import type { Problem } from "./errors.ts";
import type { RouteName } from "./link.ts";
import type { Target } from "./onboarding.ts";
import type { Step } from "./operation.ts";
import type { OnboardingWaits } from "./waits.ts";

/** Names live in history and in the API; the order is that of the runbook. */
export const offboardingSteps = ["cancel", "grant", "refusal", "identity", "tokens"] as const;
export type OffboardingStep = (typeof offboardingSteps)[number];

/** What an offboarding is started with: everything it may not read later, because replays must see the same. */
export type OffboardInput = {
  readonly operationId: string;
  readonly linkId: string;
  readonly clusterKey: string;
  readonly route: RouteName;
  readonly cluster: Target;
  readonly registry: Target;
  readonly waits: OnboardingWaits;
};

export type OffboardOutput = {
  readonly state: "ended" | "failed" | "cancelled" | "continued";
  readonly problem: Problem | null;
};

/** The steps as they stand when the operation's row is first written. */
export function firstOffboardingSteps(): readonly Step<OffboardingStep>[] {
  return offboardingSteps.map((name) => ({ name, state: "pending", startedAt: null, finishedAt: null, detail: null }));
}
