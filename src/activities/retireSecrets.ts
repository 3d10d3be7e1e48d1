/** The end of what a rotation replaced: removed from Entra, seen to be refused, and only then disabled in the vault. */
import { refOf, removable, type SecretRef } from "../domain/pullIdentity.ts";
import { givenUp } from "../domain/pullIdentityChanges.ts";
import { activity } from "../durable/calls.ts";
import { pullSecret } from "./pullSecret.ts";
import { mine, type Needs } from "./world.ts";

type About = { readonly operationId: string; readonly clusterKey: string };
type Removal =
  | { readonly outcome: "removed"; readonly secrets: readonly SecretRef[] }
  | { readonly outcome: "notYet"; readonly detail: string };

/**
 * Removes the passwords of secrets that were replaced or refused, and that no node may hold. They stay on the row, and
 * their versions in the vault, until they are seen to be refused. The caller holds the claim.
 */
export const removePasswords = activity(
  "removePasswords",
  async (
    { operationId, clusterKey }: About,
    { identities, directory, now }: Needs<"identities" | "directory" | "now">,
  ): Promise<Removal> => {
    const row = await mine(
      identities.updateFor(operationId, clusterKey, (identity) => identity),
      `the pull identity ${clusterKey}`,
    );
    if (row.appObjectId === null) return { outcome: "removed", secrets: [] };
    const secrets = removable(row, now().toISOString());
    for (const { keyId } of secrets) {
      const removal = await directory.removePassword(row.tenantId, row.appObjectId, keyId);
      if (removal.outcome === "notYet") return removal;
    }
    return { outcome: "removed", secrets: secrets.map(refOf) };
  },
);

type Look = { readonly outcome: "refused" } | { readonly outcome: "notYet"; readonly detail: string };

/** Is a removed password shown no more, and its value refused as wrong in every tenant? One look; reads only. */
export const lookAtRemoved = activity(
  "lookAtRemoved",
  async (
    {
      clusterKey,
      appId,
      secret,
      tenants,
    }: {
      readonly clusterKey: string;
      readonly appId: string;
      readonly secret: SecretRef;
      readonly tenants: readonly string[];
    },
    { identities, directory, vault, entra }: Needs<"identities" | "directory" | "vault" | "entra">,
  ): Promise<Look> => {
    const row = (await identities.read(clusterKey))?.value;
    if (!row || row.appObjectId === null) return { outcome: "refused" };
    const shown = await directory.listPasswords(row.tenantId, row.appObjectId);
    if (shown.passwords.some(({ keyId }) => keyId === secret.keyId))
      return { outcome: "notYet", detail: `password ${secret.keyId} is still shown` };
    const read = await pullSecret(vault, secret);
    // A value that nobody can read any more can be tried by nobody.
    if (read.outcome === "gone") return { outcome: "refused" };
    if (read.outcome === "refused") return { outcome: "notYet", detail: read.problem.detail };
    for (const tenantId of tenants) {
      const token = await entra.pullToken(tenantId, appId, read.value);
      if (token.outcome === "issued")
        return { outcome: "notYet", detail: `tenant ${tenantId} still accepts password ${secret.keyId}` };
    }
    return { outcome: "refused" };
  },
  { readsOnly: true },
);

/** A replacement that no node can hold is given up: what the nodes hold is current again. The caller holds the claim. */
export const giveUpSecret = activity(
  "giveUpSecret",
  async (
    { operationId, clusterKey, version }: About & { readonly version: string },
    { identities }: Needs<"identities">,
  ): Promise<void> => {
    await mine(
      identities.updateFor(operationId, clusterKey, (row) => givenUp(row, version)),
      `the pull identity ${clusterKey}`,
    );
  },
);
