/** How long the workflows wait. All in seconds; defaults and their reasons stand in docs/configuration.md. */
export type Waits = {
  /** A consent link nobody answers is given up after this. */
  readonly consentDeadlineInSeconds: number;
  /** Between looks for consent: in the first ten minutes, in the first two hours, afterwards. */
  readonly consentPollInSeconds: number;
  readonly consentSlowPollInSeconds: number;
  readonly consentIdlePollInSeconds: number;
  /** A fresh secret must work this many times, this far apart, before a cluster gets it: replicas disagree for a while. */
  readonly secretProofs: number;
  readonly secretProofIntervalInSeconds: number;
  /** A refusal of a secret younger than this may still be a slow replica. */
  readonly youngSecretInSeconds: number;
  readonly rolePollInSeconds: number;
  readonly roleDeadlineInSeconds: number;
  /** How long "principal not found" may be a slow replica. */
  readonly principalDeadlineInSeconds: number;
  /** A new service principal's rest before a cluster is moved to it. */
  readonly identityReplicationInSeconds: number;
  readonly clusterPollInSeconds: number;
  readonly clusterDeadlineInSeconds: number;
  /** While another operation holds the cluster. */
  readonly clusterBusyPollInSeconds: number;
  readonly clusterBusyDeadlineInSeconds: number;
};

const tenMinutes = 600;
const twoHours = 7200;

/** Seconds until the next look for consent, by how long the link has been waiting. */
export function consentPollAfter(waits: Waits, waitedInSeconds: number): number {
  if (waitedInSeconds < tenMinutes) return waits.consentPollInSeconds;
  if (waitedInSeconds < twoHours) return waits.consentSlowPollInSeconds;
  return waits.consentIdlePollInSeconds;
}
