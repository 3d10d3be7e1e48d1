import type { TokenCredentialOptions } from "@azure/identity";

type Policy = NonNullable<TokenCredentialOptions["additionalPolicies"]>[number]["policy"];
type Answer = Awaited<ReturnType<Policy["sendRequest"]>>;

const dayInMs = 86_400_000;

/**
 * Keeps each tenant's OpenID metadata for a day, for all credentials it is given to. MSAL keeps it per credential
 * only, and would ask before each sign-in of a pull identity, which always uses a new one.
 */
export function rememberDiscovery(now: () => number = Date.now): Policy {
  const kept = new Map<string, { readonly answer: Answer; readonly until: number }>();
  return {
    name: "rememberDiscovery",
    async sendRequest(request, next) {
      const address = new URL(request.url);
      if (request.method !== "GET" || !address.pathname.endsWith("/.well-known/openid-configuration")) {
        return next(request);
      }
      const key = address.origin + address.pathname;
      const known = kept.get(key);
      if (known && known.until > now()) return { ...known.answer, request };
      const answer = await next(request);
      if (answer.status === 200) kept.set(key, { answer, until: now() + dayInMs });
      return answer;
    },
  };
}
