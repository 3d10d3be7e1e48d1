import { problem, type Problem } from "../domain/errors.ts";
import { expiryFrom, isFresh } from "../domain/expiry.ts";
import { names } from "../domain/ids.ts";
import { lifetimeOf } from "../domain/policy.ts";
import {
  operationsAdding,
  isSettled,
  madeBy,
  refOf,
  usableSecret,
  type PullIdentity,
  type SecretRef,
} from "../domain/pullIdentity.ts";
import { added, beginAdding, notAdded } from "../domain/pullIdentityChanges.ts";
import { activity } from "../durable/calls.ts";
import { settleStrays } from "./strays.ts";
import { vaultRefused } from "./pullSecret.ts";
import { mine, type Needs } from "./world.ts";

type Input = {
  readonly operationId: string;
  readonly clusterKey: string;
  /** One that this operation made itself, though another is healthy: a rotation replaces it. */
  readonly anew?: boolean;
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
  async ({ operationId, clusterKey, anew = false }: Input, tools: Tools): Promise<Output> => {
    const row = (await tools.identities.read(clusterKey))?.value;
    if (!row?.appObjectId || row.appId === null) throw new Error(`the pull identity ${clusterKey} has no application`);
    const write = async (change: (identity: PullIdentity) => PullIdentity): Promise<PullIdentity> =>
      mine(tools.identities.updateFor(operationId, clusterKey, change), `the pull identity ${clusterKey}`);

    const identity = operationsAdding(row).length > 0 ? await settleStrays(row, tools, write) : row;
    const own = anew ? madeBy(identity, operationId) : undefined;
    // Nodes that may hold two secrets already get one of these: nobody needs a third.
    const others = anew && isSettled(identity) ? undefined : usableSecret(identity, tools.now());
    const standing = own ?? (others && isFresh(others, tools.now()) ? others : undefined);
    // Whether its version is still in the vault is seen by whoever reads it next, and told as `secretLost`.
    if (standing) {
      return { outcome: "ready", appId: row.appId, secret: refOf(standing) };
    }
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
  const { directory, vault, settings, now } = tools;
  const { clusterKey, tenantId, policy: set } = identity;
  const lifetimeInDays = lifetimeOf(set, settings);
  const createdAt = now().toISOString();
  await write((row) => beginAdding(row, operationId, createdAt));
  const wanted = (days: number) => ({ displayName: names.password(operationId), expiresAt: expiryFrom(now(), days) });
  let password = await directory.addPassword(tenantId, appObjectId, wanted(lifetimeInDays));
  if (password.outcome === "policy") {
    // The tenant may only allow a shorter life than ours: then it is that short.
    const policy = await directory.credentialPolicy(tenantId);
    const cap = policy.outcome === "known" ? policy.value.longestLifetimeInDays : null;
    if (cap !== null && cap < lifetimeInDays)
      password = await directory.addPassword(tenantId, appObjectId, wanted(cap));
  }
  if (password.outcome !== "added") {
    await write((row) => notAdded(row, operationId));
    const code = password.outcome === "policy" ? "CP-SECRET-POLICY" : "CP-DIRECTORY-FORBIDDEN";
    const detail = `Microsoft Graph in tenant ${tenantId} answered ${password.code}: ${password.detail}`;
    return { outcome: "refused", problem: problem(code, detail) };
  }
  const { keyId, value, expiresAt } = password;
  const name = names.vaultSecret(clusterKey);
  const put = await vault.put(name, value, { expiresAt, tags: { keyId, appId, operationId, createdAt } });
  if (put.outcome !== "put") {
    // Nobody can use a password that is not in the vault. One that is still shown stays on record, and goes next time.
    const removal = await directory.removePassword(tenantId, appObjectId, keyId);
    if (removal.outcome === "removed") await write((row) => notAdded(row, operationId));
    return { outcome: "refused", problem: vaultRefused(put) };
  }
  const secret: SecretRef = { name, version: put.version, keyId, createdAt, expiresAt };
  await write((row) => added(row, secret, operationId));
  return { outcome: "ready", appId, secret };
}
