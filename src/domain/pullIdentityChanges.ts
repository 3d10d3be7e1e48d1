/** Every change of a pull identity's row, pure; docs/decisions has them as a table. */
import type { LifetimeCap } from "./expiry.ts";
import {
  isKept,
  mayHold,
  operationsAdding,
  removable,
  secretOf,
  type AddingSecret,
  type KeptSecret,
  type PullIdentity,
  type SecretRef,
} from "./pullIdentity.ts";
import type { Instant } from "./time.ts";

/** Before a password is asked for. */
export function beginAdding(identity: PullIdentity, intent: Omit<AddingSecret, "state">): PullIdentity {
  if (operationsAdding(identity).includes(intent.by)) return identity;
  return { ...identity, secrets: [...identity.secrets, { state: "adding", ...intent }] };
}

/** The password is in the vault. */
export function added(identity: PullIdentity, secret: SecretRef, by: string): PullIdentity {
  const others = identity.secrets.filter((one) => (isKept(one) ? one.version !== secret.version : one.by !== by));
  return { ...identity, secrets: [...others, { ...secret, state: "proving", by }] };
}

/** A password was made under this cap of the tenant; null: with the life that was wanted. */
export function allowed(identity: PullIdentity, lifetimeCap: LifetimeCap | null): PullIdentity {
  return { ...identity, lifetimeCap };
}

/** Nothing of what `by` began to add is there: it was refused, or its strays were removed. */
export function notAdded(identity: PullIdentity, by: string): PullIdentity {
  return { ...identity, secrets: identity.secrets.filter((one) => isKept(one) || one.by !== by) };
}

/** Accepted often enough, by enough replicas. It replaces the others; one that was replaced or rejected stays so. */
export function proved(identity: PullIdentity, version: string): PullIdentity {
  if (secretOf(identity, version)?.state !== "proving") return identity;
  return withStates(identity, (one) => {
    if (one.version === version) return "current";
    return one.state === "rejected" ? "rejected" : "retiring";
  });
}

/** Refused as wrong (AADSTS7000215, 7000222), or gone from the vault. */
export function rejected(identity: PullIdentity, version: string): PullIdentity {
  return withStates(identity, (secret) => (secret.version === version ? "rejected" : secret.state));
}

/** Removed from Entra and the vault. Anything but what `removable` names is a defect of the caller. */
export function removed(identity: PullIdentity, version: string, at: Instant): PullIdentity {
  const isThere = secretOf(identity, version) !== undefined;
  if (isThere && !removable(identity, at).some((secret) => secret.version === version))
    throw new Error(`version ${version} is in use, or a node may hold it`);
  return { ...identity, secrets: identity.secrets.filter((one) => !isKept(one) || one.version !== version) };
}

/** Before AKS is asked for an update to this version, which must be one to hand out. */
export function intend(identity: PullIdentity, version: string): PullIdentity {
  const { onCluster } = identity;
  const state = secretOf(identity, version)?.state;
  if (state !== "current" && state !== "proving") throw new Error(`version ${version} is not one to hand to a cluster`);
  const isSettled = onCluster.state !== "intended" && onCluster.state !== "accepted";
  return {
    ...identity,
    onCluster: {
      state: "intended",
      version,
      mayHold: [...new Set([...mayHold(identity), version])],
      before: isSettled ? onCluster : null,
    },
  };
}

/** AKS refused in words: nothing of this request was done. */
export function refusedByAks(identity: PullIdentity): PullIdentity {
  const { onCluster } = identity;
  if (onCluster.state !== "intended" || onCluster.before === null) return identity;
  return { ...identity, onCluster: onCluster.before };
}

export function accepted(identity: PullIdentity, operation: string, since: Instant): PullIdentity {
  const { onCluster } = identity;
  if (onCluster.state !== "intended") return identity;
  const { version, mayHold: versions } = onCluster;
  return { ...identity, onCluster: { state: "accepted", version, mayHold: versions, operation, since } };
}

/** An accepted update was followed to its success: every node holds this version and no other. */
export function succeeded(identity: PullIdentity, since: Instant, graceUntil: Instant | null = null): PullIdentity {
  const { onCluster } = identity;
  if (onCluster.state !== "accepted") return identity;
  return { ...identity, graceUntil, onCluster: { state: "held", version: onCluster.version, since } };
}

/**
 * A replacement that no node can hold is given up: what the nodes hold is current again. Where a node may hold it, nothing
 * changes: both stay until an update is followed to its end.
 */
export function givenUp(identity: PullIdentity, version: string): PullIdentity {
  const { onCluster } = identity;
  if (onCluster.state !== "held" || onCluster.version === version) return identity;
  return withStates(identity, (secret) => {
    if (secret.version === version) return "rejected";
    return secret.version === onCluster.version && secret.state === "retiring" ? "current" : secret.state;
  });
}

/** An accepted update ended badly, or nobody can say how it ended. */
export function failedHalfway(identity: PullIdentity): PullIdentity {
  const { onCluster } = identity;
  if (onCluster.state !== "accepted" && onCluster.state !== "intended") return identity;
  return { ...identity, onCluster: { state: "halfway", mayHold: onCluster.mayHold } };
}

/**
 * The settled cluster reports another application: somebody took our credential away from it. While an update of ours
 * may be under way such a report may be older than the update, and proves nothing.
 */
export function takenAway(identity: PullIdentity): PullIdentity {
  const { state } = identity.onCluster;
  if (state !== "held" && state !== "halfway") return identity;
  return { ...identity, onCluster: { state: "foreign" } };
}

/** No link lives on it, and the settled cluster reports another application: none of its secrets is of use to anybody. */
export function unneeded(identity: PullIdentity): PullIdentity {
  return withStates(takenAway(identity), () => "rejected");
}

/**
 * The application is there. One with another id than before is new: the old one was deleted, and with it every password
 * it had, so that none of them is handed out again.
 */
export function registered(
  identity: PullIdentity,
  { appId, appObjectId, now }: { readonly appId: string; readonly appObjectId: string; readonly now: Instant },
): PullIdentity {
  const isSame = identity.appId?.toLowerCase() === appId.toLowerCase();
  const row = { ...identity, appId, appObjectId };
  if (isSame) return row;
  return { ...withStates(row, () => "rejected"), createdAt: now };
}

function withStates(identity: PullIdentity, stateOf: (secret: KeptSecret) => KeptSecret["state"]): PullIdentity {
  return {
    ...identity,
    secrets: identity.secrets.map((secret) => (isKept(secret) ? { ...secret, state: stateOf(secret) } : secret)),
  };
}
