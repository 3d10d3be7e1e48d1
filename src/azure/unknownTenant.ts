import type { TokenCredential } from "@azure/identity";
import { aadstsIn, failureOf } from "./errors.ts";

const timeLimitInMs = 10_000;

/**
 * MSAL hides why it found no metadata of a tenant. It is asked for once more, to tell a tenant that does not exist, which
 * a person has to correct, from a bad connection, which time cures.
 */
export function namingUnknownTenant(
  credential: TokenCredential,
  authorityUrl: string,
  tenantId: string,
): TokenCredential {
  return {
    async getToken(scopes, options) {
      try {
        return await credential.getToken(scopes, options);
      } catch (error) {
        const code = failureOf(error).code === "NoToken" ? await refusalOf(authorityUrl, tenantId) : undefined;
        if (code === undefined) throw error;
        // In the form of a refusal by Entra itself, which all who ask for tokens read.
        const message = `${code}: The tenant ${tenantId} is not known to Entra.`;
        throw Object.assign(new Error(message), { name: "AuthenticationError" });
      }
    },
  };
}

/** Entra's number where it refuses to show the tenant's metadata. */
async function refusalOf(authorityUrl: string, tenantId: string): Promise<string | undefined> {
  const address = `${authorityUrl}/${encodeURIComponent(tenantId)}/v2.0/.well-known/openid-configuration`;
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(timeLimitInMs), redirect: "error" });
    return answer.status === 400 || answer.status === 404 ? aadstsIn(await answer.text()) : undefined;
  } catch {
    return undefined;
  }
}
