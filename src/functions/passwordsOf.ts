import type { World } from "../activities/world.ts";
import { names } from "../domain/ids.ts";
import { isForeign, isOrphan, type Password } from "../domain/passwords.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import { withinTime } from "./timeLimit.ts";

type Connected = { readonly world: World; readonly config: { readonly preflightLimitInSeconds: number } };
type Shown = {
  readonly keyId: string;
  readonly displayName: string;
  readonly endDateTime: string;
  readonly on: "application" | "servicePrincipal";
};
type Passwords =
  | {
      /** Made by others: never removed, never counted. */
      readonly foreignPasswords: readonly Shown[];
      /** Named as ours are, and known to no row and no version in the vault. */
      readonly orphanPasswords: readonly Shown[];
    }
  | { readonly foreignPasswords: null; readonly orphanPasswords: null; readonly notRead: string };

/**
 * The passwords on the application and on its service principal that are not ours, read now. Ours are those that the row
 * names, or a tag in the vault; on a service principal we make none.
 * What cannot be read now is said, and hides nothing else of the answer.
 */
export async function passwordsOf(identity: PullIdentity, { world, config }: Connected): Promise<Passwords> {
  try {
    return await withinTime(world, config.preflightLimitInSeconds, (watched) => read(identity, watched));
  } catch (error) {
    // Errors of the adapters are cleared of whatever must not be seen.
    const notRead = error instanceof Error ? error.message : "no reason was given";
    return { foreignPasswords: null, orphanPasswords: null, notRead };
  }
}

async function read(identity: PullIdentity, { directory, vault }: World): Promise<Passwords> {
  const { tenantId, appId, appObjectId, clusterKey } = identity;
  if (appId === null || appObjectId === null) return { foreignPasswords: [], orphanPasswords: [] };
  const [{ passwords }, ofPrincipal, versions] = await Promise.all([
    directory.listPasswords(tenantId, appObjectId),
    directory.listPrincipalPasswords(tenantId, appId),
    vault.versions(names.vaultSecret(clusterKey)),
  ]);
  const inVault = new Set(versions.map(({ tags }) => tags["keyId"]?.toLowerCase()));
  const unknown = passwords.filter(({ keyId }) => !inVault.has(keyId));
  const foreign = unknown.filter((one) => isForeign(identity, one)).map(shownOn("application"));
  return {
    foreignPasswords: [...foreign, ...ofPrincipal.map(shownOn("servicePrincipal"))],
    orphanPasswords: unknown.filter((one) => isOrphan(identity, one)).map(shownOn("application")),
  };
}

function shownOn(on: Shown["on"]): (password: Password) => Shown {
  return ({ keyId, displayName, expiresAt }) => ({ keyId, displayName, endDateTime: expiresAt, on });
}
