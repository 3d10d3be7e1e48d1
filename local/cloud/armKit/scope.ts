/** Scopes are resource ids. Azure compares them without regard to case and keeps the case they were written in. */

/** `/subscriptions/..`, one slash between parts, none at the end; `/` for the whole tenant. */
export function tidyScope(scope: string): string {
  const parts = scope.split("/").filter((part) => part !== "");
  return `/${parts.join("/")}`;
}

/** Is `inner` the scope `outer` or below it? */
export function covers(outer: string, inner: string): boolean {
  const [above, below] = [tidyScope(outer).toLowerCase(), tidyScope(inner).toLowerCase()];
  return above === "/" || below === above || below.startsWith(`${above}/`);
}

export function sameScope(one: string, other: string): boolean {
  return tidyScope(one).toLowerCase() === tidyScope(other).toLowerCase();
}

/** Undefined where a scope lies outside every subscription. */
export function subscriptionOf(scope: string): string | undefined {
  return /^\/+subscriptions\/+([^/]+)/i.exec(scope)?.[1]?.toLowerCase();
}

export function resourceGroupOf(scope: string): string | undefined {
  return /^\/+subscriptions\/+[^/]+\/+resourceGroups\/+([^/]+)/i.exec(scope)?.[1];
}

/** The resource a scope is, or is in: without the resources in it, and without what is attached to it. */
export function resourceIn(scope: string): string {
  const found = /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/[^/]+\/[^/]+\/[^/]+)/i.exec(
    tidyScope(scope),
  );
  return found?.[1] ?? tidyScope(scope);
}
