import { othersPasswords, type Placed } from "../activities/othersPasswords.ts";
import type { World } from "../activities/world.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import { withinTime } from "./timeLimit.ts";

type Connected = { readonly world: World; readonly config: { readonly preflightLimitInSeconds: number } };
type Shown = {
  readonly keyId: string;
  readonly displayName: string;
  readonly endDateTime: string;
  readonly on: Placed["on"];
};
type Passwords =
  | {
      readonly foreignPasswords: readonly Shown[];
      readonly orphanPasswords: readonly Shown[];
    }
  | { readonly foreignPasswords: null; readonly orphanPasswords: null; readonly notRead: string };

/** What cannot be read now is said, and hides nothing else of the answer. */
export async function passwordsOf(identity: PullIdentity, { world, config }: Connected): Promise<Passwords> {
  try {
    return await withinTime(world, config.preflightLimitInSeconds, (watched) => read(identity, watched));
  } catch (error) {
    // Errors of the adapters are cleared of whatever must not be seen.
    const notRead = error instanceof Error ? error.message : "no reason was given";
    return { foreignPasswords: null, orphanPasswords: null, notRead };
  }
}

async function read(identity: PullIdentity, world: World): Promise<Passwords> {
  const { foreign, orphans } = await othersPasswords(identity, world);
  return { foreignPasswords: foreign.map(shown), orphanPasswords: orphans.map(shown) };
}

function shown({ keyId, displayName, expiresAt, on }: Placed): Shown {
  return { keyId, displayName, endDateTime: expiresAt, on };
}
