import type { Problem } from "../domain/errors.ts";
import { isFresh } from "../domain/expiry.ts";
import { names } from "../domain/ids.ts";
import {
  operationsAdding,
  isSettled,
  madeBy,
  refOf,
  usableSecret,
  type PullIdentity,
  type SecretRef,
} from "../domain/pullIdentity.ts";
import { added, allowed, beginAdding, notAdded } from "../domain/pullIdentityChanges.ts";
import { activity } from "../durable/calls.ts";
import { newPassword } from "./newPassword.ts";
import { vaultRefused } from "./pullSecret.ts";
import { makeRoom, settleStrays } from "./strays.ts";
import { mine, type Needs } from "./world.ts";

type Input = {
  readonly operationId: string;
  readonly clusterKey: string;
  /** One that this operation made itself, though another is healthy: a rotation replaces it. */
  readonly anew?: boolean;
  /** What is there has leaked: none of it is used. */
  readonly leaked?: boolean;
};
type Output =
  | { readonly outcome: "ready"; readonly appId: string; readonly secret: SecretRef }
  | { readonly outcome: "refused"; readonly problem: Problem };
type Tools = Needs<"directory" | "vault" | "identities" | "settings" | "now">;

/**
 * Sees to it that the pull identity has one healthy password and the vault one version of it. The caller holds the claim.
 * Adding a password is not idempotent in Graph, so the row says beforehand for which operation one is added: a second
 * run adopts what reached the vault, removes what did not, and only then adds.
 */
export const addSecret = activity(
  "addSecret",
  async ({ operationId, clusterKey, anew = false, leaked = false }: Input, tools: Tools): Promise<Output> => {
    const row = (await tools.identities.read(clusterKey))?.value;
    if (!row?.appObjectId || row.appId === null) throw new Error(`the pull identity ${clusterKey} has no application`);
    const write = async (change: (identity: PullIdentity) => PullIdentity): Promise<PullIdentity> =>
      mine(tools.identities.updateFor(operationId, clusterKey, change), `the pull identity ${clusterKey}`);

    const identity = operationsAdding(row).length > 0 ? await settleStrays(row, tools, write) : row;
    const own = anew ? madeBy(identity, operationId) : undefined;
    // Nodes that may hold two secrets already get one of these: nobody needs a third, unless both have leaked.
    const others = anew && (leaked || isSettled(identity)) ? undefined : usableSecret(identity, tools.now());
    const standing = own ?? (others && isFresh(others, tools.now()) ? others : undefined);
    // Whether its version is still in the vault is seen by whoever reads it next, and told as `secretLost`.
    if (standing) return { outcome: "ready", appId: row.appId, secret: refOf(standing) };
    const hasRoom = await makeRoom(identity, anew, tools);
    // An old one that works is better than a third.
    if (!hasRoom && others && new Date(others.expiresAt) > tools.now())
      return { outcome: "ready", appId: row.appId, secret: refOf(others) };
    return add({ identity, appId: row.appId, appObjectId: row.appObjectId, operationId }, tools, write);
  },
);

type Write = (change: (identity: PullIdentity) => PullIdentity) => Promise<PullIdentity>;
type Adding = {
  readonly identity: PullIdentity;
  readonly appId: string;
  readonly appObjectId: string;
  readonly operationId: string;
};

async function add({ identity, appId, appObjectId, operationId }: Adding, tools: Tools, write: Write): Promise<Output> {
  const { directory, vault, now } = tools;
  const { clusterKey, tenantId } = identity;
  const createdAt = now().toISOString();
  const { passwords, readAt } = await directory.listPasswords(tenantId, appObjectId);
  const seen = passwords.map(({ keyId }) => keyId);
  await write((row) => beginAdding(row, { by: operationId, since: readAt, seen }));
  const displayName = names.password(operationId);
  const password = await newPassword({ identity, appObjectId, displayName, readAt }, tools);
  if (password.outcome === "refused") {
    await write((row) => notAdded(row, operationId));
    return password;
  }
  const { keyId, value, expiresAt, cap } = password;
  const name = names.vaultSecret(clusterKey);
  const put = await vault.put(name, value, { expiresAt, tags: { keyId, appId, operationId, createdAt } });
  if (put.outcome !== "put") {
    // Nobody can use a password that is not in the vault. One that is still shown stays on record, and goes next time.
    const removal = await directory.removePassword(tenantId, appObjectId, keyId);
    if (removal.outcome === "removed") await write((row) => notAdded(row, operationId));
    return { outcome: "refused", problem: vaultRefused(put) };
  }
  const secret: SecretRef = { name, version: put.version, keyId, createdAt, expiresAt };
  await write((row) => allowed(added(row, secret, operationId), cap));
  return { outcome: "ready", appId, secret };
}
