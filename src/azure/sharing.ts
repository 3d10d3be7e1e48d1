import type { AccessToken, TokenCredential } from "@azure/identity";

/**
 * Lets callers who ask for the same token at the same time share one request: a credential keeps the tokens it has,
 * but a hundred cold calls at once would send a hundred requests.
 */
export function sharing(credential: TokenCredential): TokenCredential {
  const underway = new Map<string, Promise<AccessToken | null>>();
  return {
    getToken(scopes, options = {}) {
      const { tenantId, enableCae, claims } = options;
      // A challenge's claims are an answer to one caller.
      if (claims !== undefined) return credential.getToken(scopes, options);
      const key = JSON.stringify([scopes, tenantId, enableCae]);
      const known = underway.get(key);
      if (known) return known;
      // Without the caller's abort signal, since others wait for it too.
      const asked = credential
        .getToken(scopes, { ...(tenantId && { tenantId }), ...(enableCae && { enableCae }) })
        .finally(() => underway.delete(key));
      underway.set(key, asked);
      return asked;
    },
  };
}
