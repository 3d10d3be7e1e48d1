/** Passwords and versions whose value, or whose record, was lost half way. */
import { TransientError } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import { isOfIntent, isToSweep, type Password } from "../domain/passwords.ts";
import {
  operationsAdding,
  keptSecrets,
  removable,
  secretOf,
  type PullIdentity,
  type SecretRef,
} from "../domain/pullIdentity.ts";
import { added, notAdded } from "../domain/pullIdentityChanges.ts";
import type { Instant } from "../domain/time.ts";
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
  const inVault = new Set(versions.map(({ tags }) => tags["keyId"]?.toLowerCase()));
  await removePasswords(identity, tools, (one) => isOfIntent(identity, one) && !inVault.has(one.keyId));
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

/** No application of ours has more passwords of ours than these at once. */
const mostPasswords = 2;

/**
 * Takes away the passwords that stand in the way of one more and that no node may hold; the row keeps them until they are
 * seen to be refused. `anew`: a rotation waits for the grace of what was replaced before, unless there is none to give.
 * False where there is no room all the same.
 */
export async function makeRoom(identity: PullIdentity, anew: boolean, tools: Tools): Promise<boolean> {
  const kept = keptSecrets(identity);
  if (kept.length < mostPasswords) return true;
  const graceUntil = anew ? null : identity.graceUntil;
  const going = removable({ ...identity, graceUntil }, tools.now().toISOString());
  const keyIds = new Set(going.map(({ keyId }) => keyId.toLowerCase()));
  await removePasswords(identity, tools, ({ keyId }) => keyIds.has(keyId));
  return kept.length - going.length < mostPasswords;
}

/** Removes passwords of our kind of name that no row knows: this operation's own, and what nobody has missed for an hour. */
export async function sweepPasswords(identity: PullIdentity, operationId: string, tools: Tools): Promise<void> {
  if (operationsAdding(identity).length > 0) return;
  await removePasswords(identity, tools, (one, at) => isToSweep(identity, one, operationId, at));
}

/**
 * Disables the versions of ours that no row knows: whoever recovers a deleted secret gets all its versions back as they
 * were, and an operation that lost the cluster may have left one.
 */
export async function sweepVersions(identity: PullIdentity, { vault }: Pick<Tools, "vault">): Promise<void> {
  if (operationsAdding(identity).length > 0) return;
  const name = names.vaultSecret(identity.clusterKey);
  for (const { version, enabled, tags } of await vault.versions(name))
    if (enabled && tags["keyId"] !== undefined && !secretOf(identity, version)) await vault.disable(name, version);
}

async function removePasswords(
  { tenantId, appObjectId }: PullIdentity,
  { directory }: Pick<Tools, "directory">,
  which: (password: Password, at: Instant) => boolean,
): Promise<void> {
  if (appObjectId === null) return;
  const { passwords, readAt } = await directory.listPasswords(tenantId, appObjectId);
  for (const { keyId } of passwords.filter((one) => which(one, readAt))) {
    const removal = await directory.removePassword(tenantId, appObjectId, keyId);
    if (removal.outcome === "notYet") throw new TransientError(`a password of ours is still shown: ${removal.detail}`);
  }
}
