import { names } from "../domain/ids.ts";
import { isForeign, isOrphan, type Password } from "../domain/passwords.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import type { Needs } from "./world.ts";

export type Placed = Password & { readonly on: "application" | "servicePrincipal" };
type Others = {
  /** Made by others: never removed, never counted. */
  readonly foreign: readonly Placed[];
  /** Named as ours are, and known to no row and no version in the vault. */
  readonly orphans: readonly Placed[];
};

/**
 * The passwords on the application and on its service principal that are not ours, read now. Ours are those that the row
 * names, or a tag in the vault; on a service principal we make none.
 */
export async function othersPasswords(
  identity: PullIdentity,
  { directory, vault }: Needs<"directory" | "vault">,
): Promise<Others> {
  const { tenantId, appId, appObjectId, clusterKey } = identity;
  if (appId === null || appObjectId === null) return { foreign: [], orphans: [] };
  const [{ passwords }, ofPrincipal, versions] = await Promise.all([
    directory.listPasswords(tenantId, appObjectId, { orNone: true }),
    directory.listPrincipalPasswords(tenantId, appId),
    vault.versions(names.vaultSecret(clusterKey)),
  ]);
  const inVault = new Set(versions.map(({ tags }) => tags["keyId"]?.toLowerCase()));
  const unknown = passwords.filter(({ keyId }) => !inVault.has(keyId));
  const foreign = unknown.filter((one) => isForeign(identity, one)).map(placed("application"));
  return {
    foreign: [...foreign, ...ofPrincipal.map(placed("servicePrincipal"))],
    orphans: unknown.filter((one) => isOrphan(identity, one)).map(placed("application")),
  };
}

function placed(on: Placed["on"]): (password: Password) => Placed {
  return (password) => ({ ...password, on });
}
