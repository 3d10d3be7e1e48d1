import { covers } from "./scope.ts";

/** A management group as the estate names it: what is in it, and what it is in. */
export interface ManagementGroup {
  /** Its name: the last part of its resource id. */
  readonly id: string;
  readonly parent?: string | null | undefined;
  readonly subscriptions: readonly string[];
}

/** Scopes as one tree: the tenant's root group, management groups, subscriptions, and what is in these. */
export interface Hierarchy {
  /** Is `inner` the scope `outer`, or below it? */
  covers(outer: string, inner: string): boolean;
  /** Undefined where a scope is in no tenant of the estate. */
  tenantOf(scope: string): string | undefined;
}

interface Parts {
  readonly managementGroups: readonly ManagementGroup[];
  readonly subscriptions: readonly { readonly id: string; readonly tenantId: string }[];
}

export const managementGroupPath = "/providers/Microsoft.Management/managementGroups";

/** The group that holds a whole tenant has the tenant's id as its name, and need not be among `managementGroups`. */
export function hierarchyOf({ managementGroups, subscriptions }: Parts): Hierarchy {
  const tenants = new Map(subscriptions.map(({ id, tenantId }) => [id.toLowerCase(), tenantId]));
  const parents = new Map(managementGroups.map(({ id, parent }) => [id.toLowerCase(), parent?.toLowerCase()]));
  const groupOf = new Map(
    managementGroups.flatMap(({ id, subscriptions: inside }) =>
      inside.map((one) => [one.toLowerCase(), id.toLowerCase()] as const),
    ),
  );
  const tenantOfGroup = (name: string): string | undefined => {
    if ([...tenants.values()].includes(name)) return name;
    const member = [...tenants].find(([id]) => chain(groupOf.get(id), parents).includes(name));
    return member?.[1];
  };
  const tenantOf = (scope: string): string | undefined => {
    const group = managementGroupIn(scope);
    if (group !== undefined) return tenantOfGroup(group);
    return tenants.get(/^\/+subscriptions\/+([^/]+)/i.exec(scope)?.[1]?.toLowerCase() ?? "");
  };
  const isInGroup = (group: string, inner: string): boolean => {
    const below = managementGroupIn(inner);
    const subscription = /^\/+subscriptions\/+([^/]+)/i.exec(inner)?.[1]?.toLowerCase();
    const nearest = below ?? (subscription === undefined ? undefined : groupOf.get(subscription));
    return chain(nearest, parents).includes(group) || tenantOf(inner) === group;
  };
  return {
    covers: (outer, inner) => {
      if (covers(outer, inner)) return true;
      const group = managementGroupIn(outer);
      return group !== undefined && isInGroup(group, inner);
    },
    tenantOf,
  };
}

/** In lower case; undefined where a scope is in no management group's own path. */
export function managementGroupIn(scope: string): string | undefined {
  return /^\/+providers\/+Microsoft\.Management\/+managementGroups\/+([^/]+)/i.exec(scope)?.[1]?.toLowerCase();
}

/** A group and all above it; ends where a group is named that is not there, or was passed before. */
function chain(from: string | undefined, parents: ReadonlyMap<string, string | undefined>): readonly string[] {
  const found: string[] = [];
  for (let next = from; next !== undefined && !found.includes(next); next = parents.get(next)) found.push(next);
  return found;
}
