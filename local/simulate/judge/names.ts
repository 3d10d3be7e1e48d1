/** Ids of resources are compared without regard to case. */
export function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Is a resource at a scope or below it? */
export function isWithin(resourceId: string, scope: string): boolean {
  const [resource, above] = [resourceId.toLowerCase(), scope.toLowerCase().replace(/\/+$/, "")];
  return above === "" || resource === above || resource.startsWith(`${above}/`);
}

export function lastPart(id: string): string {
  return id.split("/").at(-1) ?? id;
}
