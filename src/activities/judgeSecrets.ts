/** What is learned of a stored secret, and what is taken away. The caller holds the claim on the cluster. */
import { removable, type PullIdentity } from "../domain/pullIdentity.ts";
import { rejected, proved, removed } from "../domain/pullIdentityChanges.ts";
import { activity } from "../durable/calls.ts";
import { sweepPasswords, sweepVersions } from "./strays.ts";
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

export type Removing = {
  /** Versions whose password was removed, and seen to be refused. */
  readonly refused?: readonly string[];
  /** Also what no row knows: unless told otherwise. A run that adds nothing after it can spare the two readings. */
  readonly sweeps?: boolean;
};
type Removal = { readonly outcome: "removed" } | { readonly outcome: "notYet"; readonly detail: string };

/**
 * Removes replaced and refused secrets that no node may hold, and passwords and versions of ours that nothing knows. A
 * password goes before its record: what is still shown by a replica stays on record, and is tried again.
 */
export const removeSecrets = activity(
  "removeSecrets",
  async (
    { operationId, clusterKey, refused = [], sweeps = true }: Omit<Version, "version"> & Removing,
    tools: Needs<"identities" | "directory" | "vault" | "now">,
  ): Promise<Removal> => {
    const { identities, directory, vault } = tools;
    const at = tools.now().toISOString();
    const write = async (change: (identity: PullIdentity) => PullIdentity): Promise<PullIdentity> =>
      mine(identities.updateFor(operationId, clusterKey, change), `the pull identity ${clusterKey}`);
    const row = (await identities.read(clusterKey))?.value;
    if (!row || row.appObjectId === null) return { outcome: "removed" };
    const { tenantId, appObjectId } = row;
    for (const { name, version, keyId } of removable(row, at)) {
      const isGone = refused.includes(version);
      const removal = isGone ? undefined : await directory.removePassword(tenantId, appObjectId, keyId);
      if (removal?.outcome === "notYet") return removal;
      await vault.disable(name, version);
      await write((current) =>
        removable(current, at).some((secret) => secret.version === version) ? removed(current, version, at) : current,
      );
    }
    if (!sweeps) return { outcome: "removed" };
    // As it is by now, and still ours: nobody else changes it then.
    const left = await write((current) => current);
    await sweepPasswords(left, operationId, tools);
    await sweepVersions(left, tools);
    return { outcome: "removed" };
  },
);
