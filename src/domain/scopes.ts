/** Where Azure RBAC looks: a scope covers all that is below it. Pure. */

/** Of a management group, or of everything. */
export function isAbove(scope: string): boolean {
  return !/^\/subscriptions\//i.test(scope);
}

export function isWithin(id: string, scope: string): boolean {
  const [inner, outer] = [id.toLowerCase(), scope.toLowerCase().replace(/\/$/, "")];
  return inner === outer || inner.startsWith(`${outer}/`);
}

/** ARM shows nothing above a subscription but what holds in it. */
export function covers(scope: string, place: string): boolean {
  return isAbove(scope) || isWithin(place, scope);
}

export function lastPart(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1).toLowerCase();
}
