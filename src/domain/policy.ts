/** How the secret of a cluster is kept fresh: what was set for the cluster alone, over what the configuration says for all. */
import type { MaintenanceWindow } from "./window.ts";

/** As it was set for one cluster. null: as the configuration says. */
export type ClusterPolicy = {
  readonly lifetimeInDays: number | null;
  readonly fraction: number | null;
  readonly window: MaintenanceWindow | null;
};

/** The configuration's part of it. */
export type PolicyDefaults = {
  readonly secretLifetimeInDays: number;
  readonly rotationFraction: number;
  readonly maintenanceWindow: MaintenanceWindow | null;
};

/** What holds for a cluster. */
export type Policy = {
  /** Life that is asked for a new secret; the tenant may give less. */
  readonly lifetimeInDays: number;
  /** The part of its life that a secret has used up when its rotation is due. */
  readonly fraction: number;
  /** When the cluster may be updated; null is always. */
  readonly window: MaintenanceWindow | null;
};

/** What may be set, for all and for one cluster. A tenth of the life is the least that leaves room to replace a secret. */
export const policyBounds = {
  lifetimeInDays: { least: 1, most: 730, whole: true },
  fraction: { least: 0.1, most: 0.9 },
} as const;

export function effectivePolicy(set: ClusterPolicy | null | undefined, defaults: PolicyDefaults): Policy {
  return {
    lifetimeInDays: lifetimeOf(set, defaults),
    fraction: set?.fraction ?? defaults.rotationFraction,
    window: set?.window ?? defaults.maintenanceWindow,
  };
}

/** The same, for those who need the life of a new secret alone. */
export function lifetimeOf(
  set: ClusterPolicy | null | undefined,
  { secretLifetimeInDays }: Pick<PolicyDefaults, "secretLifetimeInDays">,
): number {
  return set?.lifetimeInDays ?? secretLifetimeInDays;
}
