import { randomUUID } from "node:crypto";
import type { LinkRequest } from "../domain/link.ts";
import { activity } from "../durable/calls.ts";
import { patiently, type Needs } from "./world.ts";

type Input = {
  readonly linkId: string;
  readonly request: LinkRequest;
  readonly appId: string;
  readonly expiresAt: string;
};

/** Makes the address an administrator of the registry tenant opens. Running again makes a new one; the last one counts. */
export const prepareConsent = activity(
  "prepareConsent",
  async (
    { linkId, request, appId, expiresAt }: Input,
    { entra, links, consentStates, settings }: Needs<"entra" | "links" | "consentStates" | "settings">,
  ): Promise<{ readonly url: string }> => {
    const tenantId = request.registryTenantId;
    const nonce = randomUUID();
    const state = await consentStates.issue({ linkId, tenantId, nonce }, new Date(expiresAt));
    const url = entra.adminConsentUrl({ tenantId, clientId: appId, redirectUri: settings.callbackUrl, state });
    await links.update(linkId, (link) => ({ ...link, consent: { nonce, url, usedAt: null } }));
    return { url };
  },
  patiently,
);
