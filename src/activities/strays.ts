/** Passwords whose value, or whose record, was lost half way. */
import { TransientError } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import { operationsAdding, keptSecrets, secretOf, type PullIdentity, type SecretRef } from "../domain/pullIdentity.ts";
import { added, notAdded } from "../domain/pullIdentityChanges.ts";
import type { Needs } from "./world.ts";

type Tools = Needs<"directory" | "vault" | "now">;
type Write = (change: (identity: PullIdentity) => PullIdentity) => Promise<PullIdentity>;

/**
 * Settles what earlier runs began to add and never finished: a password that reached the vault is adopted, with all the
 * row needs in the version's tags; one that did not is of no use to anybody, and is removed.
 */
export async function settleStrays(identity: PullIdentity, tools: Tools, write: Write): Promise<PullIdentity> {
  const name = names.vaultSecret(identity.clusterKey);
  const versions = await tools.vault.versions(name);
  const inVault = new Set(versions.map(({ tags }) => tags["keyId"]));
  await removePasswords(identity, tools, (password) => isAdding(identity, password) && !inVault.has(password.keyId));
  let row = identity;
  for (const by of operationsAdding(identity)) {
    const found = versions.find(
      ({ enabled, tags, version }) =>
        enabled && tags["operationId"] === by && tags["appId"] === identity.appId && !secretOf(row, version),
    );
    const keyId = found?.tags["keyId"];
    if (found?.expiresAt && keyId) {
      const createdAt = found.tags["createdAt"] ?? tools.now().toISOString();
      const secret: SecretRef = { name, version: found.version, keyId, createdAt, expiresAt: found.expiresAt };
      row = await write((current) => added(current, secret, by));
    } else {
      row = await write((current) => notAdded(current, by));
    }
  }
  return row;
}

/** Removes passwords that carry one of our operations' names and that no row and no vault version knows. */
export async function sweepPasswords(identity: PullIdentity, tools: Tools): Promise<void> {
  if (operationsAdding(identity).length > 0) return;
  const known = new Set(keptSecrets(identity).map(({ keyId }) => keyId));
  await removePasswords(
    identity,
    tools,
    ({ displayName, keyId }) => displayName.startsWith(names.password("")) && !known.has(keyId),
  );
}

type Named = { readonly displayName: string; readonly keyId: string };

function isAdding(identity: PullIdentity, { displayName }: Named): boolean {
  return operationsAdding(identity).some((by) => displayName === names.password(by));
}

async function removePasswords(
  { tenantId, appObjectId }: PullIdentity,
  { directory }: Tools,
  which: (password: Named) => boolean,
): Promise<void> {
  if (appObjectId === null) return;
  for (const password of (await directory.listPasswords(tenantId, appObjectId)).filter(which)) {
    const removal = await directory.removePassword(tenantId, appObjectId, password.keyId);
    if (removal.outcome === "notYet") throw new TransientError(`a stray password is still shown: ${removal.detail}`);
  }
}
