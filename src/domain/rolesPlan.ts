/**
 * Which roles of a cluster's present service principal the new one needs as well: those that this cluster lives on, from
 * everywhere the old one has them, and not those of other clusters that share it. Pure.
 */
import type { Assignment, ClusterFacts, PrincipalFacts } from "./facts.ts";
import { homeRegistriesOf, isRegistry, type HomeRegistry, type PullModes } from "./homeRegistries.ts";
import { pullModesById } from "./roles.ts";
import { isAbove, isWithin, lastPart } from "./scopes.ts";

/** One assignment of the old principal, and what becomes of it; or a place where its assignments cannot be seen. */
export type PlannedRole = {
  /** Of a place that cannot be seen: its own id. */
  readonly assignmentId: string;
  /** Full id of the role definition; null where none can be seen. */
  readonly roleDefinitionId: string | null;
  readonly scope: string;
  readonly via: "direct" | "group" | "above";
  readonly copied: boolean;
  /** Why, in words for a person. */
  readonly reason: string;
  /** Not copied, and the cluster may live on it: the run stops unless the caller accepts it by its id. */
  readonly stops: boolean;
};

/** One assignment to make for the new principal. */
export type RoleCopy = {
  /** Of the assignment that is copied: who accepts the loss of a copy that is refused names it so. */
  readonly assignmentId: string;
  readonly scope: string;
  readonly roleDefinitionId: string;
  readonly condition: string | null;
};

export type RolesPlan = {
  readonly roles: readonly PlannedRole[];
  readonly copies: readonly RoleCopy[];
  /** Those of `roles` that stop the run. */
  readonly lost: readonly PlannedRole[];
  /** Registries of the cluster's own tenant that the old principal may pull from. */
  readonly homeRegistries: readonly HomeRegistry[];
  /** How many are not copied. */
  readonly left: number;
};

type Verdict = {
  readonly copied: boolean;
  readonly reason: string;
  readonly stops: boolean;
  /** Where the copy is made, if not at the scope of the original. */
  readonly at?: string;
};

export function planRoles(
  cluster: ClusterFacts,
  oldPrincipalId: string,
  assignments: readonly Assignment[],
  hiddenSubscriptions: readonly string[] = [],
  modesOf: PullModes = pullModesById,
): RolesPlan {
  const below = assignments.filter(({ scope }) => !isAbove(scope));
  const judged = assignments.map((assignment) => ({ assignment, verdict: judge(assignment, cluster, below) }));
  const seen = judged.map(({ assignment, verdict }): PlannedRole => {
    const { id, scope, roleDefinitionId, principalId } = assignment;
    const isDirect = principalId.toLowerCase() === oldPrincipalId.toLowerCase();
    const via = isAbove(scope) ? "above" : isDirect ? "direct" : "group";
    const { copied, reason, stops } = verdict;
    return { assignmentId: id, roleDefinitionId, scope, via, copied, reason, stops };
  });
  const roles = [...seen, ...unseenRoles(cluster, hiddenSubscriptions)];
  return {
    roles,
    copies: withoutRepeats(
      judged
        .filter(({ verdict }) => verdict.copied)
        .map(({ assignment, verdict }) => ({
          assignmentId: assignment.id,
          scope: verdict.at ?? assignment.scope,
          roleDefinitionId: assignment.roleDefinitionId,
          condition: assignment.condition,
        })),
    ),
    lost: roles.filter(({ stops }) => stops),
    homeRegistries: homeRegistriesOf(
      judged.filter(({ verdict }) => verdict.copied).map(({ assignment }) => assignment),
      modesOf,
    ),
    left: roles.filter(({ copied }) => !copied).length,
  };
}

/** What the cluster names lies there, so it most likely has roles there: going on would lose them unseen. */
function unseenRoles(cluster: ClusterFacts, hidden: readonly string[]): readonly PlannedRole[] {
  const named = subscriptionsOf(cluster);
  return hidden
    .filter((id) => named.includes(id.toLowerCase()))
    .map((id) => ({
      assignmentId: `/subscriptions/${id}`,
      roleDefinitionId: null,
      scope: `/subscriptions/${id}`,
      via: "direct",
      copied: false,
      reason: "the cluster names resources of this subscription, and our identity may not read roles there",
      stops: true,
    }));
}

/** Is it told of which tenants an application is? One that is of its own tenant alone can be of no other here. */
export function isTenantKnown({ ownerTenantId, audience }: PrincipalFacts): boolean {
  return audience === "AzureADMyOrg" || (ownerTenantId !== null && audience !== null);
}

/** Why an application may pull from a third company, so that leaving it behind may break that; undefined where nothing shows it. */
export function pullsElsewhere({ ownerTenantId, audience }: PrincipalFacts, tenantId: string): string | undefined {
  if (ownerTenantId !== null && ownerTenantId.toLowerCase() !== tenantId.toLowerCase())
    return `is an application of tenant ${ownerTenantId}`;
  if (audience !== null && audience !== "AzureADMyOrg") return `is multitenant (${audience})`;
  return undefined;
}

/** Where roles of this cluster may be: its own subscription, and those of what it names. */
export function subscriptionsOf({
  id,
  subnetIds,
  diskEncryptionSetIds,
  privateDnsZoneId,
}: ClusterFacts): readonly string[] {
  const ids = [id, ...subnetIds, ...diskEncryptionSetIds, ...(privateDnsZoneId === null ? [] : [privateDnsZoneId])];
  const found = ids.map((one) => /^\/subscriptions\/([^/]+)/i.exec(one)?.[1]?.toLowerCase() ?? "");
  return [...new Set(found.filter((subscription) => subscription !== ""))];
}

function judge(assignment: Assignment, cluster: ClusterFacts, below: readonly Assignment[]): Verdict {
  const belongs = isAbove(assignment.scope)
    ? judgeAbove(assignment, cluster, below)
    : judgeScope(assignment.scope, cluster);
  if (!belongs.copied || assignment.condition === null || assignment.conditionVersion === "2.0") return belongs;
  return stop(
    `${belongs.reason}, but its condition has version ${assignment.conditionVersion}, which cannot be copied`,
  );
}

function judgeScope(scope: string, cluster: ClusterFacts): Verdict {
  if (cluster.otherIds.some((id) => isWithin(scope, id))) return copy("a resource that the cluster names");
  const elsewhere = othersResource(scope, cluster);
  if (elsewhere !== undefined) return leave(elsewhere);
  const owned = ownScopes(cluster).find(({ id }) => isWithin(scope, id) || isWithin(id, scope));
  if (owned) return copy(owned.what);
  if (isRegistry(scope)) return copy("a registry of the cluster's own tenant");
  if (cluster.otherIds.some((id) => isWithin(scope, partUpTo(id, 4)) && isWithin(id, scope)))
    return copy("the resource group of a resource that the cluster names");
  return stop("nothing that the cluster names is there: whether it lives on it is not known");
}

/** Everything that the cluster names, and where it lies; the first that fits gives the reason. */
function ownScopes(cluster: ClusterFacts): readonly { readonly id: string; readonly what: string }[] {
  const nodeGroup =
    cluster.nodeResourceGroup && `${partUpTo(cluster.id, 2)}/resourceGroups/${cluster.nodeResourceGroup}`;
  const networks = cluster.subnetIds.flatMap((subnet) => [
    { id: subnet, what: "a subnet of the cluster" },
    {
      id: partUpTo(subnet, 4),
      what: "the resource group of the cluster's network, with its route tables and security groups",
    },
  ]);
  return [
    ...(nodeGroup ? [{ id: nodeGroup, what: "the node resource group" }] : []),
    { id: cluster.id, what: "the cluster" },
    ...networks,
    ...cluster.diskEncryptionSetIds.map((id) => ({ id, what: "a disk encryption set of the cluster" })),
    ...(cluster.privateDnsZoneId
      ? [{ id: cluster.privateDnsZoneId, what: "the private DNS zone of the cluster" }]
      : []),
    { id: partUpTo(cluster.id, 4), what: "the cluster's resource group" },
  ];
}

/** Above a subscription we have no say; what nothing below covers is given where the cluster's nodes are. */
function judgeAbove({ roleDefinitionId }: Assignment, cluster: ClusterFacts, below: readonly Assignment[]): Verdict {
  const nodeGroup = ownScopes(cluster).find(({ what }) => what === "the node resource group")?.id;
  const isCovered = below.some(
    (one) => lastPart(one.roleDefinitionId) === lastPart(roleDefinitionId) && judgeScope(one.scope, cluster).copied,
  );
  if (isCovered) return leave("above the subscription, and the same role is copied below it");
  if (nodeGroup === undefined) return stop("above the subscription, and the cluster names no node resource group");
  return { ...copy("above the subscription: given at the node resource group instead"), at: nodeGroup };
}

const copy = (reason: string): Verdict => ({ copied: true, reason, stops: false });
const leave = (reason: string): Verdict => ({ copied: false, reason, stops: false });
const stop = (reason: string): Verdict => ({ copied: false, reason, stops: true });

/** What shows that a scope is of another cluster, or of a network this cluster is not in; undefined where nothing does. */
function othersResource(scope: string, cluster: ClusterFacts): string | undefined {
  if (isOtherNodeGroup(scope, cluster)) return "the node resource group of another cluster that shares the principal";
  const names = (type: string): boolean => new RegExp(`/providers/microsoft\\.${type}/[^/]+(/|$)`, "i").test(scope);
  if (names("containerservice/managedclusters") && !isWithin(scope, cluster.id)) return "another cluster";
  if (!names("network/virtualnetworks") || cluster.subnetIds.length === 0) return undefined;
  const isOurs = cluster.subnetIds.some((subnet) => isWithin(scope, subnet) || isWithin(subnet, scope));
  return isOurs ? undefined : "a network or subnet that this cluster is not in";
}

/** AKS names the groups of nodes `MC_<group>_<cluster>_<region>` unless somebody chose another name. */
function isOtherNodeGroup(scope: string, { nodeResourceGroup }: ClusterFacts): boolean {
  const group = /\/resourcegroups\/(mc_[^/]+)/i.exec(scope)?.[1]?.toLowerCase();
  return group !== undefined && group !== nodeResourceGroup?.toLowerCase();
}

/** `/subscriptions/x` is 2 parts, with `/resourceGroups/y` 4. */
function partUpTo(id: string, parts: number): string {
  return id
    .split("/")
    .slice(0, parts + 1)
    .join("/");
}

function withoutRepeats(copies: readonly RoleCopy[]): readonly RoleCopy[] {
  const seen = new Set<string>();
  return copies.filter(({ scope, roleDefinitionId, condition }) => {
    const key = JSON.stringify([scope.toLowerCase(), lastPart(roleDefinitionId), condition]);
    return !seen.has(key) && seen.add(key);
  });
}
