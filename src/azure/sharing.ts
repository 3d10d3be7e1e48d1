import type { AccessToken, TokenCredential } from "@azure/identity";
import { callLimitInMs, within } from "./asking.ts";

/**
 * Lets callers who ask for the same token at the same time share one request: a credential keeps the tokens it has,
 * but a hundred cold calls at once would send a hundred requests. All tokens are of the plain kind, without continuous
 * access evaluation: a credential keeps the two kinds apart, and would ask twice.
 */
export function sharing(credential: TokenCredential): TokenCredential {
  const underway = new Map<string, Promise<AccessToken | null>>();
  return {
    getToken(scopes, options = {}) {
      const { tenantId, claims } = options;
      // A challenge's claims are an answer to one caller.
      if (claims !== undefined) return credential.getToken(scopes, options);
      const key = JSON.stringify([scopes, tenantId]);
      const known = underway.get(key);
      if (known) return known;
      // Not the caller's abort signal, since others wait for it too. Each ends in time: the clients share it further on.
      const abortSignal = AbortSignal.timeout(callLimitInMs);
      const asked = within(
        abortSignal,
        credential.getToken(scopes, { abortSignal, ...(tenantId && { tenantId }) }),
      ).finally(() => underway.delete(key));
      underway.set(key, asked);
      return asked;
    },
  };
}
