/**
 * How long the workflows wait, in seconds. An operation carries the values it was started with; a field that was added
 * later is missing in those that run already, so they are always read through `onboardingWaits`.
 */
export type OnboardingWaits = {
  /** A consent link nobody answers is given up after this. */
  readonly consentDeadlineInSeconds: number;
  /** Between looks for consent, at least: in the first ten minutes, in the first two hours, afterwards. */
  readonly consentPollInSeconds: number;
  readonly consentSlowPollInSeconds: number;
  readonly consentIdlePollInSeconds: number;
  /** A fresh secret must work this many times, this far apart, before a cluster gets it: replicas disagree for a while. */
  readonly secretProofs: number;
  readonly secretProofIntervalInSeconds: number;
  /** A refusal of a secret younger than this may still be a slow replica. */
  readonly youngSecretInSeconds: number;
  /** A missing principal may be a slow replica for this long after consent. */
  readonly youngPrincipalInSeconds: number;
  /** Between looks for a new role; a tenth of the time waited where that is more, and never more than five minutes. */
  readonly rolePollInSeconds: number;
  readonly roleDeadlineInSeconds: number;
  /** How long "principal not found" at a role assignment may be a slow replica. */
  readonly principalDeadlineInSeconds: number;
  /** A new service principal's rest before a cluster is moved to it. */
  readonly identityReplicationInSeconds: number;
  readonly clusterPollInSeconds: number;
  readonly clusterDeadlineInSeconds: number;
  /** While another operation holds the cluster, or AKS is busy with something else. */
  readonly clusterBusyPollInSeconds: number;
  readonly clusterBusyDeadlineInSeconds: number;
  /** An update that AKS ended as failed is run again after this, in the next window. */
  readonly clusterRetryInSeconds: number;
  /** An update whose address is lost is judged by the cluster, which may look settled for so long before it begins. */
  readonly clusterSettleInSeconds: number;
  /** How long the cluster may take to report what an update that succeeded gave it. */
  readonly confirmDeadlineInSeconds: number;
  /** How long a removal may stay visible on a slow replica. */
  readonly removalPollInSeconds: number;
  readonly removalDeadlineInSeconds: number;
  /** Tokens that a registry gave out before a role was taken back may be used for so long. */
  readonly tokenLifeInSeconds: number;
  /** A secret that a rotation replaced stays valid for so long after the last node has the new one. */
  readonly graceInSeconds: number;
  /** A rotation makes and proves its secret so long before the window opens. */
  readonly rotationLeadInSeconds: number;
};

/** Reasons and sources stand in docs/configuration.md. */
export const standardWaits: OnboardingWaits = {
  consentDeadlineInSeconds: 604_800,
  consentPollInSeconds: 15,
  consentSlowPollInSeconds: 60,
  consentIdlePollInSeconds: 1800,
  secretProofs: 5,
  secretProofIntervalInSeconds: 15,
  youngSecretInSeconds: 900,
  youngPrincipalInSeconds: 9000,
  rolePollInSeconds: 10,
  roleDeadlineInSeconds: 9000,
  principalDeadlineInSeconds: 9000,
  identityReplicationInSeconds: 1800,
  clusterPollInSeconds: 30,
  clusterDeadlineInSeconds: 21_600,
  clusterBusyPollInSeconds: 60,
  clusterBusyDeadlineInSeconds: 7200,
  clusterRetryInSeconds: 600,
  clusterSettleInSeconds: 600,
  confirmDeadlineInSeconds: 1800,
  removalPollInSeconds: 15,
  removalDeadlineInSeconds: 9000,
  tokenLifeInSeconds: 10_800,
  graceInSeconds: 86_400,
  rotationLeadInSeconds: 86_400,
};

/** What an operation was started with, and the standard for what did not exist then. */
export function onboardingWaits(given: Partial<OnboardingWaits>): OnboardingWaits {
  return { ...standardWaits, ...given };
}

const tenMinutes = 600;
const twoHours = 7200;
/** Replicas of the registry tenant know a consent seconds to minutes after the page that says so. */
const replicasLagInSeconds = 300;

/**
 * Seconds until the next look for consent, by how long the link has been waiting, and for how long somebody has said that
 * it was accepted. Only the first who says so counts, so that nobody can make the looks frequent for longer. The other
 * looks find what no browser comes back to tell: late by a small part of the wait is early enough.
 */
export function consentPollAfter(
  waits: OnboardingWaits,
  waitedInSeconds: number,
  acceptedForInSeconds: number | null,
): number {
  if (acceptedForInSeconds !== null && acceptedForInSeconds < replicasLagInSeconds) return waits.consentPollInSeconds;
  const { consentPollInSeconds, consentSlowPollInSeconds, consentIdlePollInSeconds } = waits;
  if (waitedInSeconds >= twoHours) return consentIdlePollInSeconds;
  if (waitedInSeconds >= tenMinutes) return Math.max(consentSlowPollInSeconds, waitedInSeconds / 20);
  return Math.max(consentPollInSeconds, Math.min(waitedInSeconds / 10, consentSlowPollInSeconds));
}

const longestRolePollInSeconds = 300;

/**
 * Seconds until the next look for what a new role allows: most are known within minutes, a few after two hours. A look
 * that comes late by a tenth of the wait is early enough.
 */
export function rolePollAfter({ rolePollInSeconds }: OnboardingWaits, waitedInSeconds: number): number {
  return Math.max(rolePollInSeconds, Math.min(waitedInSeconds / 10, longestRolePollInSeconds));
}
