/** What is learned of a stored secret, and what is taken away. The caller holds the claim on the cluster. */
import { removable } from "../domain/pullIdentity.ts";
import { rejected, proved, removed } from "../domain/pullIdentityChanges.ts";
import { activity } from "../durable/calls.ts";
import { sweepPasswords } from "./strays.ts";
import { mine, type Needs } from "./world.ts";

type Version = { readonly operationId: string; readonly clusterKey: string; readonly version: string };

/** Every replica that was asked has accepted it: it is the one to hand to the cluster. */
export const useSecret = activity(
  "useSecret",
  async ({ operationId, clusterKey, version }: Version, { identities }: Needs<"identities">): Promise<void> => {
    await mine(
      identities.updateFor(operationId, clusterKey, (row) => proved(row, version)),
      `the pull identity ${clusterKey}`,
    );
  },
);

/** It was refused as wrong, or is gone from the vault: it is never handed out again. */
export const rejectSecret = activity(
  "rejectSecret",
  async ({ operationId, clusterKey, version }: Version, { identities }: Needs<"identities">): Promise<void> => {
    await mine(
      identities.updateFor(operationId, clusterKey, (row) => rejected(row, version)),
      `the pull identity ${clusterKey}`,
    );
  },
);

type Removal = { readonly outcome: "removed" } | { readonly outcome: "notYet"; readonly detail: string };

/**
 * Removes replaced and refused secrets that no node may hold, and passwords of ours that nothing knows. A password goes
 * before its record: what is still shown by a replica stays on record, and is tried again.
 */
export const removeSecrets = activity(
  "removeSecrets",
  async (
    { operationId, clusterKey }: Omit<Version, "version">,
    tools: Needs<"identities" | "directory" | "vault" | "now">,
  ): Promise<Removal> => {
    const { identities, directory, vault } = tools;
    const at = tools.now().toISOString();
    let row = (await identities.read(clusterKey))?.value;
    if (!row || row.appObjectId === null) return { outcome: "removed" };
    const { tenantId, appObjectId } = row;
    for (const { name, version, keyId } of removable(row, at)) {
      const removal = await directory.removePassword(tenantId, appObjectId, keyId);
      if (removal.outcome === "notYet") return removal;
      await vault.disable(name, version);
      row = await mine(
        identities.updateFor(operationId, clusterKey, (current) =>
          removable(current, at).some((secret) => secret.version === version) ? removed(current, version, at) : current,
        ),
        `the pull identity ${clusterKey}`,
      );
    }
    await sweepPasswords(row, tools);
    return { outcome: "removed" };
  },
);
