import type { Target } from "../domain/onboarding.ts";
import { failedHalfway, succeeded } from "../domain/pullIdentityChanges.ts";
import { after, secondsBetween, type Instant } from "../domain/time.ts";
import { activity } from "../durable/calls.ts";
import { inTenant, mine, type Needs } from "./world.ts";

type Input = {
  readonly cluster: Target;
  readonly appId: string;
  readonly operation: string;
  /** When AKS accepted the update. */
  readonly since: Instant;
  /** For so long after the start a settled cluster may be one that has not begun yet. */
  readonly settleInSeconds: number;
};
export type UpdateLook =
  | { readonly outcome: "running"; readonly detail: string }
  | { readonly outcome: "succeeded" }
  | { readonly outcome: "failed"; readonly detail: string };

/**
 * Looks once at a running cluster update: never waits, so that no activity outlives a host. Where its address tells
 * nothing, the cluster itself does, once it has settled. Reads only.
 */
export const followClusterUpdate = activity(
  "followClusterUpdate",
  async (input: Input, { clusters, now }: Needs<"clusters" | "now">): Promise<UpdateLook> => {
    const { cluster, appId, operation, since, settleInSeconds } = input;
    const progress = await clusters.followUpdate(inTenant(cluster), operation);
    if (progress.outcome === "running") return { outcome: "running", detail: "AKS re-images the nodes one by one" };
    if (progress.outcome === "succeeded") return { outcome: "succeeded" };
    if (progress.outcome !== "lost") return { outcome: "failed", detail: `${progress.code}: ${progress.detail}` };
    const lost = `the update's address is lost (${progress.code})`;
    const facts = await clusters.get(inTenant(cluster));
    if (facts.outcome !== "found") return { outcome: "running", detail: `${lost}, and the cluster cannot be read now` };
    const { provisioningState, clientId } = facts;
    const words = `${lost}; the cluster is ${provisioningState ?? "in an unknown state"} with client id ${clientId}`;
    if (secondsBetween(since, now()) < settleInSeconds) return { outcome: "running", detail: words };
    if (provisioningState === "Failed" || provisioningState === "Canceled") return { outcome: "failed", detail: words };
    const isOurs = clientId.toLowerCase() === appId.toLowerCase();
    if (provisioningState !== "Succeeded") return { outcome: "running", detail: words };
    return isOurs ? { outcome: "succeeded" } : { outcome: "failed", detail: words };
  },
);

type Record = {
  readonly operationId: string;
  readonly clusterKey: string;
  readonly outcome: "succeeded" | "failed";
  /** How long the secrets that it replaced stay valid; 0 unless given. */
  readonly graceInSeconds?: number;
};

/** Writes down how an accepted update ended: what the nodes hold now. The caller holds the claim. */
export const recordUpdate = activity(
  "recordUpdate",
  async (
    { operationId, clusterKey, outcome, graceInSeconds = 0 }: Record,
    { identities, now }: Needs<"identities" | "now">,
  ): Promise<void> => {
    const at = now();
    const graceUntil = graceInSeconds > 0 ? after(at, graceInSeconds).toISOString() : null;
    await mine(
      identities.updateFor(operationId, clusterKey, (row) =>
        outcome === "succeeded" ? succeeded(row, at.toISOString(), graceUntil) : failedHalfway(row),
      ),
      `the pull identity ${clusterKey}`,
    );
  },
);
