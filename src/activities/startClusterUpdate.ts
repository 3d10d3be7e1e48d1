import { problem, type Problem } from "../domain/errors.ts";
import type { LinkRequest, SecretRef } from "../domain/link.ts";
import { clusterUnreadable } from "../domain/unreadable.ts";
import { activity } from "../durable/calls.ts";
import { pullSecret } from "./pullSecret.ts";
import { clusterOf, patiently, type Needs } from "./world.ts";

type Input = {
  readonly clusterKey: string;
  readonly request: LinkRequest;
  readonly appId: string;
  readonly secret: SecretRef;
};
type Output =
  | { readonly outcome: "already" }
  /** `operation`: what `followClusterUpdate` needs; addresses only. */
  | { readonly outcome: "started"; readonly operation: string }
  | { readonly outcome: "busy"; readonly detail: string }
  | { readonly outcome: "credentialRefused"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

const settled = new Set(["Succeeded", "Failed", "Canceled"]);

/**
 * Starts moving the cluster to the pull identity's credential, which re-images its nodes one by one. The caller holds the claim.
 * Always looks at the cluster first: a run before this one may have started the update, or finished it, and died.
 */
export const startClusterUpdate = activity(
  "startClusterUpdate",
  async (
    { clusterKey, request, appId, secret }: Input,
    { clusters, vault, identities }: Needs<"clusters" | "vault" | "identities">,
  ): Promise<Output> => {
    const cluster = clusterOf(request);
    const facts = await clusters.get(cluster);
    if (facts.outcome !== "found") return { outcome: "refused", problem: clusterUnreadable(cluster.id, facts) };
    if (facts.powerState !== "Running")
      return { outcome: "refused", problem: problem("CP-CLUSTER-STOPPED", `${cluster.id} is ${facts.powerState}`) };
    if (!settled.has(facts.provisioningState))
      return { outcome: "busy", detail: `the cluster is ${facts.provisioningState}` };
    const identity = (await identities.read(clusterKey))?.value;
    const holdsIt = facts.clientId === appId && identity?.applying === secret.version && !identity.updateFailed;
    if (holdsIt && facts.provisioningState === "Succeeded") return { outcome: "already" };

    await identities.update(clusterKey, (row) => ({ ...row, applying: secret.version, updateFailed: false }));
    const answer = await clusters.setServicePrincipal(cluster, appId, await pullSecret(vault, secret));
    switch (answer.outcome) {
      case "started":
        return answer;
      case "busy":
        return { outcome: "busy", detail: answer.detail };
      case "credentialRefused":
        return { outcome: "credentialRefused", detail: `${answer.code}: ${answer.detail}` };
      case "refused":
        return { outcome: "refused", problem: problem("CP-CLUSTER-REFUSED", `${answer.code}: ${answer.detail}`) };
    }
  },
  patiently,
);
