import type { UpdateStarted } from "../azure/clients.ts";
import { problem, type Problem } from "../domain/errors.ts";
import type { ClusterFacts } from "../domain/facts.ts";
import type { Target } from "../domain/onboarding.ts";
import { needsUpdate, usableSecret, type KeptSecret, type PullIdentity } from "../domain/pullIdentity.ts";
import { accepted, intend, refusedByAks, takenAway } from "../domain/pullIdentityChanges.ts";
import { isManaged, managedIdentity } from "../domain/rules/cluster.ts";
import { clusterUnreadable } from "../domain/unreadable.ts";
import { activity } from "../durable/calls.ts";
import { closeCancel, reopenCancel } from "./operationRow.ts";
import { pullSecret } from "./pullSecret.ts";
import { inTenant, mine, type Needs } from "./world.ts";

type Input = {
  readonly operationId: string;
  readonly clusterKey: string;
  readonly cluster: Target;
  /** The version that was proved. The row's own choice counts: another one has to be proved first. */
  readonly version: string;
};
type Output =
  /** An update to this version was followed to its success before. */
  | { readonly outcome: "held" }
  /** `operation`: what `followClusterUpdate` needs; addresses only. `version`: an earlier run may have begun with another. */
  | { readonly outcome: "started"; readonly version: string; readonly operation: string; readonly since: string }
  | { readonly outcome: "unproved" }
  | { readonly outcome: "cancelled" }
  | { readonly outcome: "busy"; readonly detail: string }
  | { readonly outcome: "cannotNow"; readonly detail: string }
  | { readonly outcome: "secretRefused"; readonly detail: string }
  | { readonly outcome: "secretLost"; readonly detail: string }
  | { readonly outcome: "principalUnknown"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };
type Tools = Needs<"clusters" | "vault" | "identities" | "operations" | "now">;

const settled = new Set(["Succeeded", "Failed", "Canceled"]);

/**
 * Starts moving the cluster to the pull identity's credential, which re-images its nodes one by one. The caller holds the
 * claim and has looked at the maintenance window. The row says what is meant before AKS is asked, and what AKS said
 * after; an update that AKS accepted in an earlier run is followed, not repeated.
 */
export const startClusterUpdate = activity(
  "startClusterUpdate",
  async ({ operationId, clusterKey, cluster, version }: Input, tools: Tools): Promise<Output> => {
    const { clusters, identities, now } = tools;
    const write = async (change: (row: PullIdentity) => PullIdentity): Promise<PullIdentity> =>
      mine(identities.updateFor(operationId, clusterKey, change), `the pull identity ${clusterKey}`);
    const row = await write((identity) => identity);
    if (row.onCluster.state === "accepted") {
      const { version: begun, operation, since } = row.onCluster;
      return (await closeCancel(operationId, tools))
        ? { outcome: "started", version: begun, operation, since }
        : { outcome: "cancelled" };
    }
    const secret = usableSecret(row, now());
    if (secret?.version !== version) return { outcome: "unproved" };
    if (row.appId === null) throw new Error(`the pull identity ${clusterKey} has no application`);

    const facts = await clusters.get(inTenant(cluster));
    if (facts.outcome !== "found") return { outcome: "refused", problem: clusterUnreadable(cluster.id, facts) };
    const unready = notReady(facts);
    if (unready) return unready;
    const isTaken = facts.provisioningState === "Succeeded" && facts.clientId.toLowerCase() !== row.appId.toLowerCase();
    const seen = isTaken ? await write(takenAway) : row;
    // Nothing is to be changed, and from here on nothing stops any more: a cancel is refused, or was first.
    if (facts.provisioningState === "Succeeded" && !needsUpdate(seen, facts.clientId, version))
      return { outcome: (await closeCancel(operationId, tools)) ? "held" : "cancelled" };
    return ask({ operationId, cluster, appId: row.appId, secret }, tools, write);
  },
);

function notReady(facts: ClusterFacts): Output | undefined {
  const { id, powerState, provisioningState } = facts;
  if (isManaged(facts)) return { outcome: "refused", problem: managedIdentity(facts) };
  if (powerState === "Stopped")
    return { outcome: "refused", problem: problem("CP-CLUSTER-STOPPED", `${id} is stopped`) };
  if (provisioningState !== null && !settled.has(provisioningState))
    return { outcome: "busy", detail: `the cluster is ${provisioningState}` };
  return undefined;
}

type Write = (change: (row: PullIdentity) => PullIdentity) => Promise<PullIdentity>;
type Asking = {
  readonly operationId: string;
  readonly cluster: Target;
  readonly appId: string;
  readonly secret: KeptSecret;
};

async function ask({ operationId, cluster, appId, secret }: Asking, tools: Tools, write: Write): Promise<Output> {
  const { clusters, vault, now } = tools;
  const read = await pullSecret(vault, secret);
  if (read.outcome === "gone") return { outcome: "secretLost", detail: read.detail };
  if (read.outcome === "refused") return read;
  if (!(await closeCancel(operationId, tools))) return { outcome: "cancelled" };
  await write((row) => intend(row, secret.version));
  const answer = await clusters.setServicePrincipal(inTenant(cluster), appId, read.value);
  if (answer.outcome === "started") {
    const since = now().toISOString();
    await write((row) => accepted(row, answer.operation, since));
    return { outcome: "started", version: secret.version, operation: answer.operation, since };
  }
  const { onCluster } = await write(refusedByAks);
  // An earlier request may have got through without an answer, or failed half way: then going on is safer than stopping.
  if (onCluster.state === "foreign" || onCluster.state === "held") await reopenCancel(operationId, tools);
  return refusedBy(answer);
}

function refusedBy(answer: Exclude<UpdateStarted, { outcome: "started" }>): Output {
  const detail = `AKS answered ${answer.code}: ${answer.detail}`;
  switch (answer.outcome) {
    case "busy":
    case "cannotNow":
      return { outcome: answer.outcome, detail };
    case "credentialRefused":
      return { outcome: "secretRefused", detail };
    case "principalUnknown":
      return { outcome: "principalUnknown", detail };
    case "locked":
      return { outcome: "refused", problem: problem("CP-SCOPE-LOCKED", detail) };
    case "forbidden":
      return { outcome: "refused", problem: problem("CP-CLUSTER-FORBIDDEN", detail) };
    case "refused":
      return { outcome: "refused", problem: problem("CP-CLUSTER-REFUSED", detail) };
  }
}
