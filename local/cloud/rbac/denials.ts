import { resourceGroupOf, sameScope, subscriptionOf } from "../armKit/scope.ts";
import type { Hierarchy } from "../armKit/hierarchy.ts";
import { nodeResourceGroupOf, resourceId, type Estate, type EstateCluster } from "../estates/estate.ts";
import type { Life } from "../kit/life.ts";
import { permits, type Permission } from "./actions.ts";
import { nameFrom } from "./names.ts";

/** What takes an action away from principals, whatever their roles say. */
export interface DenyAssignment {
  /** A guid. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tenantId: string;
  readonly scope: string;
  readonly permission: Permission;
  /** `everyone`, or object ids. */
  readonly principals: readonly string[];
  readonly excluded: readonly string[];
  readonly doNotApplyToChildScopes: boolean;
  /** The switch that put it there, if one did. */
  readonly putBy?: string;
}

export interface Denials {
  /** Of the estate, and those that switches put there. */
  all(): readonly DenyAssignment[];
  /** All that hold at a scope. */
  at(scope: string): readonly DenyAssignment[];
  /** The first that takes this action from any of these ids of one caller. */
  against(
    ids: readonly string[],
    kind: "action" | "dataAction",
    action: string,
    scope: string,
  ): DenyAssignment | undefined;
}

export const everyone = "00000000-0000-0000-0000-000000000000";
export const lockdown = "nodeGroupLockdown";

interface Needs {
  readonly estate: Estate;
  readonly life: Life;
  readonly hierarchy: Hierarchy;
  /** Object ids of what a cluster acts as now. */
  readonly identitiesOf: (clusterId: string) => readonly string[];
}

export function denialsOver({ estate, life, hierarchy, identitiesOf }: Needs): Denials {
  const given = estate.denyAssignments.map((one) => fromEstate(one, hierarchy));
  const byGroup = new Map(
    estate.clusters.map((cluster) => {
      const scope = `/subscriptions/${cluster.subscriptionId}/resourceGroups/${nodeResourceGroupOf(cluster)}`;
      return [scope.toLowerCase(), { scope, cluster }] as const;
    }),
  );
  const lockdownAt = (groupScope: string): readonly DenyAssignment[] => {
    const found = byGroup.get(groupScope.toLowerCase());
    if (!found || !life.struckBy(lockdown, found.scope)) return [];
    const { scope, cluster } = found;
    const excluded = identitiesOf(resourceId("Microsoft.ContainerService/managedClusters", cluster));
    return [lockdownOf({ scope, cluster, tenantId: hierarchy.tenantOf(scope) ?? "", excluded })];
  };
  const at = (scope: string): readonly DenyAssignment[] => {
    const [subscription, group] = [subscriptionOf(scope), resourceGroupOf(scope)];
    const seeded = group === undefined ? [] : lockdownAt(`/subscriptions/${subscription}/resourceGroups/${group}`);
    return [...given, ...seeded].filter(
      (one) => hierarchy.covers(one.scope, scope) && (!one.doNotApplyToChildScopes || sameScope(one.scope, scope)),
    );
  };
  return {
    all: () => [...given, ...(life.on(lockdown) ? [...byGroup.keys()].flatMap(lockdownAt) : [])],
    at,
    against: (ids, kind, action, scope) =>
      at(scope).find(
        ({ principals, excluded, permission }) =>
          permits(permission, kind, action) &&
          principals.some((one) => one === everyone || ids.includes(one)) &&
          !excluded.some((one) => ids.includes(one)),
      ),
  };
}

function fromEstate(one: Estate["denyAssignments"][number], hierarchy: Hierarchy): DenyAssignment {
  const { name, description, scope, principals, excludePrincipals, doNotApplyToChildScopes } = one;
  const { actions, notActions, dataActions, notDataActions } = one;
  const tenantId = hierarchy.tenantOf(scope);
  if (tenantId === undefined) throw new Error(`not a valid estate: the scope ${scope} is in no subscription of it`);
  return {
    id: nameFrom(`deny ${scope.toLowerCase()}/${name}`),
    name,
    description,
    tenantId,
    scope,
    permission: { actions, notActions, dataActions, notDataActions },
    principals: principals.map((id) => (id === "everyone" ? everyone : id)),
    excluded: excludePrincipals,
    doNotApplyToChildScopes,
  };
}

interface Lockdown extends Pick<DenyAssignment, "scope" | "tenantId" | "excluded"> {
  readonly cluster: EstateCluster;
}

/** Nobody but AKS and what the cluster acts as now changes anything there. */
function lockdownOf({ scope, cluster, tenantId, excluded }: Lockdown): DenyAssignment {
  return {
    id: nameFrom(`lockdown ${scope.toLowerCase()}`),
    name: `AKS node resource group lockdown ${cluster.name}`,
    description: "Deny assignment created by Azure Kubernetes Service: the node resource group is read-only.",
    tenantId,
    scope,
    permission: { actions: ["*/action", "*/delete", "*/write"], notActions: [], dataActions: [], notDataActions: [] },
    principals: [everyone],
    excluded,
    doNotApplyToChildScopes: false,
    putBy: lockdown,
  };
}
