import { uuidV5 } from "../domain/ids.ts";
import type { Instant } from "../domain/time.ts";
import { activity } from "../durable/calls.ts";
import { mine, type Needs } from "./world.ts";

type Input = {
  readonly operationId: string;
  readonly linkId: string;
  readonly registryTenantId: string;
  readonly appId: string;
  readonly expiresAt: Instant;
};

/**
 * Makes the address an administrator of the registry tenant opens. Derived from the operation, so that running again
 * makes the same one, and whoever was sent it first may use it still.
 */
export const prepareConsent = activity(
  "prepareConsent",
  async (
    { operationId, linkId, registryTenantId: tenantId, appId, expiresAt }: Input,
    { entra, links, consentStates, settings }: Needs<"entra" | "links" | "consentStates" | "settings">,
  ): Promise<{ readonly url: string }> => {
    const nonce = uuidV5(`${operationId} consent`);
    const state = await consentStates.issue({ linkId, tenantId, nonce }, new Date(expiresAt));
    const request = { tenantId, clientId: appId, redirectUri: settings.callbackUrl, state };
    const url = entra.adminConsentUrl(request);
    const consent = { nonce, url, authorizeUrl: entra.authorizeUrl(request), expiresAt };
    await mine(
      links.updateFor(operationId, linkId, (link) => ({ ...link, consent })),
      `link ${linkId}`,
    );
    return { url };
  },
);
