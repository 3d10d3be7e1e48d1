import type { Problem } from "./errors.ts";
import type { LinkRequest, RouteName } from "./link.ts";
import type { Step } from "./operation.ts";
import type { Instant } from "./time.ts";
import type { OnboardingWaits } from "./waits.ts";
import type { MaintenanceWindow } from "./window.ts";

/** Names live in history and in the API; the order is that of the runbook. */
export const onboardingSteps = [
  "preflight",
  "identity",
  "secret",
  "consent",
  "grant",
  "proof",
  "roles",
  "update",
  "confirm",
] as const;
export type OnboardingStep = (typeof onboardingSteps)[number];
/** Steps of every onboarding; the others belong to a route. */
const sharedSteps: readonly OnboardingStep[] = [
  "preflight",
  "identity",
  "secret",
  "consent",
  "grant",
  "proof",
  "confirm",
];

/** A resource by its id, and the tenant whose token is used to reach it. */
export type Target = { readonly id: string; readonly tenantId: string };

/** What an onboarding is started with: everything it may not read later, because replays must see the same. */
export type OnboardInput = {
  readonly operationId: string;
  readonly linkId: string;
  readonly clusterKey: string;
  readonly route: RouteName;
  readonly request: LinkRequest;
  readonly preflight: { readonly startedAt: Instant; readonly finishedAt: Instant; readonly summary: string };
  readonly waits: OnboardingWaits;
  /** When the cluster may be updated; null is always. */
  readonly maintenanceWindow: MaintenanceWindow | null;
  /** What the pull cannot show because of the registry's network rules; one sentence each. */
  readonly notProved: readonly string[];
};

/** What the instance answers at its end; a generation that continues as new answers nothing. */
export type OnboardOutput = {
  readonly state: "ended" | "failed" | "cancelled" | "continued";
  readonly problem: Problem | null;
};

/** The steps as they stand when the operation's row is first written, with those that the route's delivery shows. */
export function firstSteps(
  { startedAt, finishedAt, summary }: OnboardInput["preflight"],
  delivery: readonly OnboardingStep[],
): readonly Step<OnboardingStep>[] {
  const names = onboardingSteps.filter((name) => sharedSteps.includes(name) || delivery.includes(name));
  return names.map((name) =>
    name === "preflight"
      ? { name, state: "done", startedAt, finishedAt, detail: shortened(summary) }
      : { name, state: "pending", startedAt: null, finishedAt: null, detail: null },
  );
}

const longestDetail = 300;

/** A sentence for a person, cut to what every status may hold. */
export function shortened(text: string): string {
  return text.length <= longestDetail ? text : `${text.slice(0, longestDetail - 1)}…`;
}

export function clusterOf({ cluster, clusterTenantId }: Pick<LinkRequest, "cluster" | "clusterTenantId">): Target {
  return { id: cluster, tenantId: clusterTenantId };
}

export function registryOf({ registry, registryTenantId }: Pick<LinkRequest, "registry" | "registryTenantId">): Target {
  return { id: registry, tenantId: registryTenantId };
}
