/**
 * The pull identity of a cluster: its application, the secrets it has, and which of them the cluster's nodes hold.
 * What is meant (`adding`, `intended`) and what was seen (`held`) never share a field, and every change of the row is one
 * of the transitions in pullIdentityChanges.ts.
 */
import { isFresh, type LifetimeCap } from "./expiry.ts";
import type { ClusterPolicy } from "./policy.ts";
import type { Instant } from "./time.ts";

/** Where a password rests: never its value. */
export type SecretRef = {
  /** Of the secret in Key Vault. */
  readonly name: string;
  /** Of that secret: one version for each password. */
  readonly version: string;
  /** Of the password in Entra. */
  readonly keyId: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
};

/** The reference alone, without what the row says of it. */
export function refOf({ name, version, keyId, createdAt, expiresAt }: SecretRef): SecretRef {
  return { name, version, keyId, createdAt, expiresAt };
}

/** Written before a password is asked for: what its clean-up after a crash finds it by. */
export type AddingSecret = {
  readonly state: "adding";
  /** The operation adding it. */
  readonly by: string;
  /** By the directory's clock. */
  readonly since: Instant;
  /** Key ids of all passwords that were there before; null: not known. */
  readonly seen: readonly string[] | null;
};

/**
 * `proving`: in the vault, not yet accepted by every replica. `current`: proved, and the one to hand to the cluster.
 * `retiring`: replaced. `rejected`: refused as wrong, or lost; never handed out again.
 */
export type KeptSecret = SecretRef & {
  readonly state: "proving" | "current" | "retiring" | "rejected";
  /** Id of the operation that made it. */
  readonly by: string;
};
export type StoredSecret = AddingSecret | KeptSecret;

/** Settled: nothing is under way as far as we know. */
export type Settled =
  /** The nodes hold a credential that is not ours. */
  | { readonly state: "foreign" }
  /** An update to this version was followed to its success. */
  | { readonly state: "held"; readonly version: string; readonly since: Instant }
  /** An update ended badly: any node may hold any of these, or what it held before us. */
  | { readonly state: "halfway"; readonly mayHold: readonly string[] };

/** What the cluster's nodes hold. Versions are those of the secret in Key Vault. */
export type OnCluster =
  | Settled
  /**
   * Written before AKS is asked. `before` is what stands again if AKS refuses; null when an earlier request may have
   * got through without an answer, so that a refusal of this one proves nothing.
   */
  | {
      readonly state: "intended";
      readonly version: string;
      readonly mayHold: readonly string[];
      readonly before: Settled | null;
    }
  /** AKS has accepted the update. `operation` is what following it needs: addresses only. */
  | {
      readonly state: "accepted";
      readonly version: string;
      readonly mayHold: readonly string[];
      readonly operation: string;
      readonly since: Instant;
    };

/** One row a cluster, and the row is the lock on its credential. */
export type PullIdentity = {
  readonly clusterKey: string;
  readonly clusterId: string;
  readonly tenantId: string;
  readonly appId: string | null;
  readonly appObjectId: string | null;
  /** When the application was made: a new service principal gets time to replicate. */
  readonly createdAt: Instant;
  readonly secrets: readonly StoredSecret[];
  readonly onCluster: OnCluster;
  /** Secrets that were replaced on the nodes stay until then, though no node holds them any more; null: they may go. */
  readonly graceUntil: Instant | null;
  /** The last rotation that was started, and how the last that ended did. */
  readonly rotationId: string | null;
  readonly lastAttempt: RotationAttempt | null;
  /** What was set for this cluster; null: nothing ever was. */
  readonly policy: ClusterPolicy | null;
  /** What the tenant's policy was last seen to allow; null: more than we want. */
  readonly lifetimeCap: LifetimeCap | null;
  /** The operation that alone may change the credential now. */
  readonly holder: Holder | null;
};
export type RotationAttempt = {
  readonly operationId: string;
  readonly at: Instant;
  readonly outcome: "ended" | "failed" | "cancelled";
  readonly words: string;
};
export type Holder = { readonly operationId: string; readonly since: Instant };

export function newIdentity(
  about: Pick<PullIdentity, "clusterKey" | "clusterId" | "tenantId" | "createdAt">,
): PullIdentity {
  return {
    ...about,
    appId: null,
    appObjectId: null,
    secrets: [],
    onCluster: { state: "foreign" },
    graceUntil: null,
    rotationId: null,
    lastAttempt: null,
    policy: null,
    lifetimeCap: null,
    holder: null,
  };
}

export function isKept(secret: StoredSecret): secret is KeptSecret {
  return secret.state !== "adding";
}

export function keptSecrets({ secrets }: PullIdentity): readonly KeptSecret[] {
  return secrets.filter(isKept);
}

export function secretOf(identity: PullIdentity, version: string): KeptSecret | undefined {
  return keptSecrets(identity).find((secret) => secret.version === version);
}

/**
 * The secret to use now: the current one, else the one that is being proved. One that is no longer fresh only where there
 * is no other: what was made to replace it is the next to use, though it is not proved yet.
 */
export function usableSecret(identity: PullIdentity, now: Date): KeptSecret | undefined {
  const kept = keptSecrets(identity);
  const usable = [
    ...kept.filter(({ state }) => state === "current"),
    ...kept.filter(({ state }) => state === "proving"),
  ];
  return usable.find((secret) => isFresh(secret, now)) ?? usable[0];
}

/** Do the nodes hold a credential of ours that another can replace? */
export function hasSomethingToRotate({ appId, onCluster }: PullIdentity): boolean {
  return appId !== null && onCluster.state !== "foreign";
}

/** Do all nodes hold the same, as far as we know? */
export function isSettled({ onCluster: { state } }: PullIdentity): boolean {
  return state === "foreign" || state === "held";
}

/** The secret that an operation made for its own delivery, unless it was refused, or replaced since. */
export function madeBy(identity: PullIdentity, operationId: string): KeptSecret | undefined {
  return keptSecrets(identity).find(
    ({ by, state }) => by === operationId && (state === "proving" || state === "current"),
  );
}

/** Operations that began to add a password and have not said what became of it. */
export function operationsAdding({ secrets }: PullIdentity): readonly string[] {
  return secrets.filter((secret) => !isKept(secret)).map(({ by }) => by);
}

/** Versions that some node may hold. */
export function mayHold({ onCluster }: PullIdentity): readonly string[] {
  switch (onCluster.state) {
    case "foreign":
      return [];
    case "held":
      return [onCluster.version];
    default:
      return onCluster.mayHold;
  }
}

/** When the first credential ends that is in use, or that a node may hold; the end of time when there is none, so that no sweep finds it. */
export function firstExpiry(identity: PullIdentity): string {
  const onNodes = mayHold(identity);
  const ends = keptSecrets(identity)
    .filter(({ state, version }) => state === "current" || state === "proving" || onNodes.includes(version))
    .map(({ expiresAt }) => expiresAt)
    .sort();
  return ends[0] ?? "9999-12-31T23:59:59.999Z";
}

/** Secrets that may be taken away at this moment: refused ones, and replaced ones after their grace, that no node can hold. */
export function removable(identity: PullIdentity, at: Instant): readonly KeptSecret[] {
  const held = new Set(mayHold(identity));
  const isGraceOver = identity.graceUntil === null || identity.graceUntil <= at;
  return keptSecrets(identity).filter(
    ({ state, version }) => (state === "rejected" || (state === "retiring" && isGraceOver)) && !held.has(version),
  );
}

/** False only where an update to this version was followed to its success, and the cluster still says it is ours. */
export function needsUpdate({ appId, onCluster }: PullIdentity, clusterClientId: string, version: string): boolean {
  const isOurs = appId !== null && clusterClientId.toLowerCase() === appId.toLowerCase();
  return !(isOurs && onCluster.state === "held" && onCluster.version === version);
}
