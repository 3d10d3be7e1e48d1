import { problem } from "../domain/errors.ts";
import { answering, refusal, type Handler, type Route } from "./http.ts";

/** What no other route takes: 405 with `Allow` where the path is one of ours, 404 elsewhere, as problem+json. */
export function unknownRoute(routes: readonly Route[]): Handler {
  const known = routes.map(({ method, route }) => ({ method, pattern: patternOf(route) }));
  return answering(async ({ method, url }) => {
    const { pathname } = new URL(url);
    const allowed = known.filter(({ pattern }) => pattern.test(pathname)).map((one) => one.method);
    if (allowed.length === 0) return refusal(problem("CP-NO-SUCH-ROUTE", `${method} ${pathname}`));
    const answer = refusal(problem("CP-METHOD-NOT-ALLOWED", `${method} ${pathname}; allowed: ${allowed.join(", ")}`));
    return { ...answer, headers: { ...answer.headers, allow: allowed.join(", ") } };
  });
}

/** `links/{id}/cancel` with any prefix in front, in any case, as the Functions host matches. */
function patternOf(route: string): RegExp {
  const parts = route.split("/").map((part) => (part.startsWith("{") ? "[^/]+" : part));
  return new RegExp(`^/api/${parts.join("/")}/?$`, "i");
}
