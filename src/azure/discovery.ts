import type { TokenCredentialOptions } from "@azure/identity";

type Policy = NonNullable<TokenCredentialOptions["additionalPolicies"]>[number]["policy"];
type Answer = ReturnType<Policy["sendRequest"]>;

const dayInMs = 86_400_000;

/**
 * Keeps each tenant's OpenID metadata for a day, for all credentials it is given to. MSAL keeps it per credential
 * only, and would ask before each sign-in of a pull identity, which always uses a new one.
 */
export function rememberDiscovery(now: () => number = Date.now): Policy {
  const kept = new Map<string, { readonly answer: Answer; readonly until: number }>();

  /** Kept while underway, so that many at once ask once; forgotten unless it succeeds. */
  function keep(key: string, answer: Answer): void {
    const entry = { answer, until: now() + dayInMs };
    const forget = (): void => void (kept.get(key) === entry && kept.delete(key));
    kept.set(key, entry);
    answer.then(({ status }) => status !== 200 && forget(), forget);
  }

  return {
    name: "rememberDiscovery",
    async sendRequest(request, next) {
      const { origin, pathname } = new URL(request.url);
      if (request.method !== "GET" || !pathname.endsWith("/.well-known/openid-configuration")) return next(request);
      const known = kept.get(origin + pathname);
      if (known && known.until > now()) return { ...(await known.answer), request };
      const answer = next(request);
      keep(origin + pathname, answer);
      return answer;
    },
  };
}
