import { CookieJar, MemoryCookieStore } from "tough-cookie";
import type { Incoming, Outgoing } from "./exchange.ts";

/** What servers asked to be told again. The platform has one for all calls of a host, whichever instance makes them. */
export interface Cookies {
  /** The request with the cookies of its address, after a Cookie header of its own. */
  readonly into: (request: Outgoing) => Outgoing;
  readonly keep: (url: URL, answer: Incoming) => void;
}

export function createCookies(): Cookies {
  const jar = new CookieJar(new MemoryCookieStore(), {
    // .NET knows no list of public suffixes, and takes http on this machine for what it is.
    rejectPublicSuffixes: false,
    allowSpecialUseDomain: true,
    allowSecureOnLocal: false,
  });
  return {
    into(request) {
      const known = jar.getCookieStringSync(request.url.href);
      if (known === "") return request;
      const own = request.headers.get("Cookie");
      return { ...request, headers: new Map([["Cookie", own ? `${own}; ${known}` : known], ...without(request)]) };
    },
    keep(url, { headers }) {
      for (const [name, value] of headers)
        if (name.toLowerCase() === "set-cookie") jar.setCookieSync(value, url.href, { ignoreError: true });
    },
  };
}

function without({ headers }: Outgoing): readonly (readonly [string, string])[] {
  return [...headers].filter(([name]) => name !== "Cookie");
}
