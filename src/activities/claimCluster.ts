import { stillHeld } from "../domain/link.ts";
import { activity } from "../durable/calls.ts";
import { patiently, type Needs } from "./world.ts";

type Input = { readonly clusterKey: string; readonly linkId: string; readonly operationId: string };
type Output = { readonly outcome: "claimed" } | { readonly outcome: "busy"; readonly holder: string };

/**
 * Takes the pull identity's row for one operation: onboarding and rotation both change a cluster's credential, never at once.
 * Claiming again is harmless. A claim whose holder has ended is taken over.
 */
export const claimCluster = activity(
  "claimCluster",
  async (
    { clusterKey, linkId, operationId }: Input,
    { identities, links, now }: Needs<"identities" | "links" | "now">,
  ): Promise<Output> => {
    for (;;) {
      const row = await identities.read(clusterKey);
      if (!row) throw new Error(`no pull identity ${clusterKey} to claim`);
      const { holder } = row.value;
      if (holder?.operationId === operationId) return { outcome: "claimed" };
      if (holder && stillHeld(holder, (await links.read(holder.linkId))?.value, now())) {
        return { outcome: "busy", holder: holder.operationId };
      }
      const claimed = { ...row.value, holder: { operationId, linkId, since: now().toISOString() } };
      if (await identities.replace(clusterKey, claimed, row.etag)) return { outcome: "claimed" };
    }
  },
  patiently,
);

/** Lets go of a claim; one that is not ours any more is left alone. */
export const releaseCluster = activity(
  "releaseCluster",
  async (
    { clusterKey, operationId }: Pick<Input, "clusterKey" | "operationId">,
    { identities }: Needs<"identities">,
  ): Promise<void> => {
    await identities.update(clusterKey, (identity) =>
      identity.holder?.operationId === operationId ? { ...identity, holder: null } : identity,
    );
  },
  patiently,
);
