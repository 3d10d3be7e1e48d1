import type { Problem } from "./errors.ts";
import type { RouteName } from "./link.ts";
import type { Target } from "./onboarding.ts";
import type { Step } from "./operation.ts";
import type { RotationReason } from "./rotationScope.ts";
import type { OnboardingWaits } from "./waits.ts";
import type { MaintenanceWindow } from "./window.ts";

/** Names live in history and in the API; the order is that of the runbook. */
export const rotationSteps = [
  "opening",
  "secret",
  "proof",
  "roles",
  "update",
  "confirm",
  "links",
  "grace",
  "removal",
] as const;
export type RotationStep = (typeof rotationSteps)[number];

/** Name of the orchestrator. */
export const rotationWorkflow = "rotateCluster";

/** What a rotation is started with: everything it may not read later, because replays must see the same. */
export type RotateInput = {
  readonly operationId: string;
  readonly clusterKey: string;
  readonly cluster: Target;
  readonly route: RouteName;
  readonly reason: RotationReason;
  readonly waits: OnboardingWaits;
  /** When the cluster may be updated; null is always. */
  readonly window: MaintenanceWindow | null;
};

export type RotateOutput = {
  readonly state: "ended" | "failed" | "cancelled" | "continued";
  readonly problem: Problem | null;
};

/** The steps as they stand when the operation's row is first written. */
export function firstRotationSteps(): readonly Step<RotationStep>[] {
  return rotationSteps.map((name) => ({ name, state: "pending", startedAt: null, finishedAt: null, detail: null }));
}
