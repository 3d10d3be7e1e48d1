import type { World } from "../activities/world.ts";
import { names } from "../domain/ids.ts";
import { keptSecrets, operationsAdding, type PullIdentity } from "../domain/pullIdentity.ts";
import { withinTime } from "./timeLimit.ts";

type Connected = { readonly world: World; readonly config: { readonly preflightLimitInSeconds: number } };
type Shown = { readonly keyId: string; readonly displayName: string; readonly endDateTime: string };
type Passwords =
  | {
      /** Made by others: never removed, never counted. */
      readonly foreignPasswords: readonly Shown[];
      /** Named as ours are, and known to no row and no version in the vault. */
      readonly orphanPasswords: readonly Shown[];
    }
  | { readonly foreignPasswords: null; readonly orphanPasswords: null; readonly notRead: string };

/**
 * The passwords on the application that are not ours, read now. Ours are those that the row names, or a tag in the vault.
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
  const { tenantId, appObjectId, clusterKey } = identity;
  if (appObjectId === null) return { foreignPasswords: [], orphanPasswords: [] };
  const [there, versions] = await Promise.all([
    directory.listPasswords(tenantId, appObjectId),
    vault.versions(names.vaultSecret(clusterKey)),
  ]);
  const keyIds = [...keptSecrets(identity).map(({ keyId }) => keyId), ...versions.map(({ tags }) => tags["keyId"])];
  const known = new Set(keyIds.map((keyId) => keyId?.toLowerCase()));
  const underWay = new Set(operationsAdding(identity).map(names.password));
  const others = there
    .filter(({ keyId, displayName }) => !known.has(keyId.toLowerCase()) && !underWay.has(displayName))
    .map(({ keyId, displayName, expiresAt }) => ({ keyId, displayName, endDateTime: expiresAt }));
  const isOrphan = ({ displayName }: Shown): boolean => displayName.startsWith(names.password(""));
  return { foreignPasswords: others.filter((one) => !isOrphan(one)), orphanPasswords: others.filter(isOrphan) };
}
