import { problem, type Problem } from "../domain/errors.ts";
import { expiryFrom, isFresh } from "../domain/expiry.ts";
import { names } from "../domain/ids.ts";
import type { PullIdentity, SecretRef } from "../domain/link.ts";
import { activity } from "../durable/calls.ts";
import { patiently, type Needs } from "./world.ts";

type Input = { readonly clusterKey: string; readonly operationId: string };
type Output =
  | { readonly outcome: "ready"; readonly secret: SecretRef; readonly reused: boolean }
  | { readonly outcome: "refused"; readonly problem: Problem };
type Tools = Needs<"directory" | "vault" | "identities" | "settings" | "now">;

/**
 * Sees to it that the pull identity has one healthy password and the vault one version of it.
 * The caller holds the claim on the cluster. Adding a password is not idempotent in Graph, so the row says beforehand
 * for which operation one is added: a second run adopts what reached the vault and removes what did not.
 */
export const ensureSecret = activity(
  "ensureSecret",
  async ({ clusterKey, operationId }: Input, tools: Tools): Promise<Output> => {
    const identity = (await tools.identities.read(clusterKey))?.value;
    if (!identity?.appObjectId) throw new Error(`the pull identity ${clusterKey} has no application yet`);
    if (identity.addingFor !== null) await removeStrays(identity, identity.appObjectId, tools);
    if (identity.doubted) await removeDoubted(identity, identity.appObjectId, identity.doubted, tools);
    if (identity.secret && isFresh(identity.secret, tools.now())) {
      return { outcome: "ready", secret: identity.secret, reused: true };
    }
    const adopted = identity.addingFor === null ? undefined : await adopt(identity, tools);
    return adopted ?? (await add(identity, identity.appObjectId, operationId, tools));
  },
  patiently,
);

/** Passwords we began to add whose value never reached the vault are of no use to anybody. */
async function removeStrays(identity: PullIdentity, objectId: string, { directory, vault }: Tools): Promise<void> {
  const kept = (await vault.versions(names.vaultSecret(identity.clusterKey))).map(({ tags }) => tags["keyId"]);
  const strays = (await directory.listPasswords(identity.tenantId, objectId)).filter(
    ({ displayName, keyId }) => displayName === names.password(identity.addingFor ?? "") && !kept.includes(keyId),
  );
  for (const { keyId } of strays) await directory.removePassword(identity.tenantId, objectId, keyId);
}

/** A secret that was refused goes, unless nodes may hold it. */
async function removeDoubted(
  { clusterKey, tenantId, applying }: PullIdentity,
  objectId: string,
  { name, keyId, version }: SecretRef,
  { directory, vault, identities }: Tools,
): Promise<void> {
  if (applying !== version) {
    await directory.removePassword(tenantId, objectId, keyId);
    await vault.disable(name, version);
  }
  await identities.update(clusterKey, (row) => ({ ...row, doubted: null }));
}

/** The run before died between the vault and the row: the version is there, with all that the row needs in its tags. */
async function adopt(identity: PullIdentity, { vault, identities, now }: Tools): Promise<Output | undefined> {
  const name = names.vaultSecret(identity.clusterKey);
  const found = (await vault.versions(name)).find(
    ({ enabled, tags }) => enabled && tags["operationId"] === identity.addingFor && tags["appId"] === identity.appId,
  );
  if (!found?.expiresAt || !found.tags["keyId"]) return undefined;
  const createdAt = found.tags["createdAt"] ?? now().toISOString();
  const secret = { name, version: found.version, keyId: found.tags["keyId"], createdAt, expiresAt: found.expiresAt };
  await identities.update(identity.clusterKey, (row) => ({ ...row, secret, addingFor: null }));
  return { outcome: "ready", secret, reused: false };
}

async function add(identity: PullIdentity, objectId: string, operationId: string, tools: Tools): Promise<Output> {
  const { directory, vault, identities, settings, now } = tools;
  const { clusterKey, tenantId, appId } = identity;
  await identities.update(clusterKey, (row) => ({ ...row, addingFor: operationId }));
  const createdAt = now().toISOString();
  const password = await directory.addPassword(tenantId, objectId, {
    displayName: names.password(operationId),
    expiresAt: expiryFrom(now(), settings.secretLifetimeInDays),
  });
  if (password.outcome === "forbidden") {
    await identities.update(clusterKey, (row) => ({ ...row, addingFor: null }));
    return {
      outcome: "refused",
      problem: problem(
        "CP-SECRET-POLICY",
        `Microsoft Graph in tenant ${tenantId} answered ${password.code}: ${password.detail}`,
      ),
    };
  }
  const { keyId, value, expiresAt } = password;
  const name = names.vaultSecret(clusterKey);
  const { version } = await vault.put(name, value, {
    expiresAt,
    tags: { keyId, appId: appId ?? "", operationId, createdAt, state: "current" },
  });
  const secret: SecretRef = { name, version, keyId, createdAt, expiresAt };
  await identities.update(clusterKey, (row) => ({ ...row, secret, addingFor: null }));
  return { outcome: "ready", secret, reused: false };
}
