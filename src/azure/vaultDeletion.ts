import type { VaultEnd } from "../domain/removal.ts";
import { asking } from "./asking.ts";
import { isForbidden } from "./errors.ts";
import { accessRefusal, isBeingChanged } from "./vaultRefusals.ts";
import type { Ask } from "./vaultVersions.ts";

/**
 * Purges a deleted secret. A vault that is protected from purging, or that does not let us, keeps it for its retention:
 * that is told and no failure, since its versions are disabled.
 */
export function purgeOf(ask: Ask, name: string): Promise<VaultEnd> {
  return asking<VaultEnd, VaultEnd>(
    {
      what: `purge the deleted secret ${name}`,
      repeatable: true,
      // A vault that is closed to us may be opened.
      passing: (failure) => isBeingChanged(failure) || accessRefusal(failure)?.outcome === "firewall",
    },
    (abortSignal) =>
      ask(async (client) => {
        await client.purgeDeletedSecret(name, { abortSignal });
        return { outcome: "purged" };
      }),
    async (failure) => {
      if (failure.status === 404) return { outcome: "purged" };
      if (!isForbidden(failure)) return undefined;
      return { outcome: "recoverable", until: await keptUntil(ask, name), detail: failure.detail };
    },
  );
}

/** When the vault forgets it by itself; null where we may not look. */
function keptUntil(ask: Ask, name: string): Promise<string | null> {
  return asking(
    { what: `look for the deleted secret ${name}`, repeatable: true },
    (abortSignal) =>
      ask(async (client) => {
        const { properties } = await client.getDeletedSecret(name, { abortSignal });
        return properties.scheduledPurgeDate?.toISOString() ?? null;
      }),
    (failure) => (failure.status === 404 || isForbidden(failure) ? null : undefined),
  );
}
