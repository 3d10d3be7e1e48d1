import { allRows } from "../activities/allRows.ts";
import type { Needs } from "../activities/world.ts";
import { nextOpening } from "../domain/openings.ts";
import { effectivePolicy, type PolicyDefaults } from "../domain/policy.ts";
import { mayHold, secretOf, type OnCluster, type PullIdentity, type StoredSecret } from "../domain/pullIdentity.ts";
import { attentionOf, nextRotationAt } from "../domain/rotationTime.ts";
import type { Instances } from "../durable/instances.ts";
import { rotationOf } from "../activities/beginRotation.ts";
import { isUnderWay } from "../activities/standing.ts";
import { policyView } from "./policyView.ts";

type Connected = {
  readonly world: Needs<"operations" | "now">;
  readonly config: PolicyDefaults;
  readonly instances: Instances;
};

/** A pull identity as the API shows it: its row, and what follows from it at this moment. Never a value. */
export async function identityView(identity: PullIdentity, connected: Connected) {
  const { world, config } = connected;
  const { clusterKey, clusterId, tenantId, appId, secrets, lastAttempt, graceUntil, lifetimeCap, holder } = identity;
  const policy = effectivePolicy(identity.policy, config);
  const now = world.now();
  return {
    clusterKey,
    clusterId,
    tenantId,
    appId,
    secrets: secrets.map(secretView),
    nodes: nodesView(identity),
    nextRotationAt: nextRotationAt(identity, policy),
    nextOpening: policy.window && nextOpening(policy.window, now.toISOString()),
    attention: attentionOf(identity, now),
    rotation: await runningRotation(identity, connected),
    lastAttempt,
    graceUntil,
    lifetimeCap,
    /** The operation that alone may change the credential now. */
    heldBy: holder,
    policy: policyView(identity, config),
  };
}

function secretView(secret: StoredSecret) {
  if (secret.state === "adding") {
    const { state, since, by } = secret;
    return { keyId: null, state, expiresAt: null, addedAt: since, version: null, by };
  }
  const { keyId, state, expiresAt, createdAt, version, by } = secret;
  return { keyId, state, expiresAt, addedAt: createdAt, version, by };
}

/** `hold` is the key id that all nodes are proved to hold; `mayHold` those that some may. */
function nodesView(identity: PullIdentity) {
  const { onCluster } = identity;
  const keyIds = mayHold(identity).flatMap((version) => secretOf(identity, version)?.keyId ?? []);
  return {
    hold: onCluster.state === "held" ? (keyIds[0] ?? null) : null,
    mayHold: keyIds,
    state: onCluster.state,
    since: "since" in onCluster ? onCluster.since : null,
    evidence: evidence[onCluster.state],
  };
}

const evidence: Readonly<Record<OnCluster["state"], string>> = {
  foreign: "no update to a secret of ours was followed to its success, or the cluster has been taken to another since",
  intended: "an update is about to be asked for, or its answer was lost",
  accepted: "AKS has accepted an update, which is being followed",
  held: "AKS accepted an update to this secret, and it was followed to its success",
  halfway: "an update ended badly: each node may hold any of these",
};

/** The rotation that runs or waits now; null where none does. */
async function runningRotation(identity: PullIdentity, { world, instances }: Connected) {
  const standing = await rotationOf({ identity, world, instances });
  if (!isUnderWay(standing)) return null;
  const { id, state, waitingFor } = standing.operation;
  return { id, state, waitingFor };
}

export async function linksOf({ clusterKey }: PullIdentity, { links }: Needs<"links">) {
  const found: { readonly id: string; readonly registry: string; readonly status: string }[] = [];
  for await (const { id, registry, status } of allRows(links, { clusterKey })) found.push({ id, registry, status });
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}
