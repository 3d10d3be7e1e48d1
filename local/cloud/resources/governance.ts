import { hierarchyOf, type Hierarchy } from "../armKit/hierarchy.ts";
import { nodeResourceGroupOf, resourceId, type Estate } from "../estates/estate.ts";
import type { Life } from "../kit/life.ts";
import { fullScopes } from "../rbac/assignments.ts";
import { denialsOver, type Denials } from "../rbac/denials.ts";
import type { ArmRoute, Barriers } from "../armKit/guard.ts";
import { lockRoutes } from "../arm/lockRoutes.ts";
import { locksOver, type LockState } from "../arm/locks.ts";
import { bodyAfterPolicies, effectOf } from "../arm/policy/effects.ts";
import type { NewIdentity } from "../arm/policy/assignmentRoutes.ts";
import type { PolicyState } from "../arm/policy/model.ts";
import { policyRoutes } from "../arm/policy/routes.ts";
import { policiesOver } from "../arm/policy/store.ts";
import { newestVersionMissing, newestVersions } from "../arm/newestVersions.ts";
import { blobsBlocked } from "../registry/blobs.ts";
import type { ArmDump } from "./side.ts";

/** What stands above roles: management groups, deny assignments, locks, policies, and versions that are not everywhere. */
export interface Governance {
  readonly hierarchy: Hierarchy;
  readonly denials: Denials;
  readonly barriers: Omit<Barriers, "changing">;
  readonly routes: readonly ArmRoute[];
  dump(): Omit<ArmDump, "subscriptions" | "clusters" | "registries" | "roleAssignments">;
  reset(): void;
  /** What comes back puts locks and policies back as they are now. */
  snapshot(): () => void;
}

interface State {
  readonly locks: LockState;
  readonly policies: PolicyState;
}

const fresh = (): State => ({
  locks: { put: new Map(), removed: new Set() },
  policies: { definitions: new Map(), assignments: new Map(), removed: new Set() },
});

interface Needs {
  readonly estate: Estate;
  readonly life: Life;
  /** Object ids of what a cluster acts as now. */
  readonly identitiesOf: (clusterId: string) => readonly string[];
  readonly newIdentity: NewIdentity;
}

export function governanceOf({ estate, life, identitiesOf, newIdentity }: Needs): Governance {
  let state = fresh();
  const clusters = estate.clusters.map((one) => resourceId("Microsoft.ContainerService/managedClusters", one));
  const registries = estate.registries.map((one) => resourceId("Microsoft.ContainerRegistry/registries", one));
  const vaults = estate.vaults.map((one) => resourceId("Microsoft.KeyVault/vaults", one));
  const nodeGroups = estate.clusters.map(
    (one) => `/subscriptions/${one.subscriptionId}/resourceGroups/${nodeResourceGroupOf(one)}`,
  );
  const hierarchy = hierarchyOf(estate);
  const denials = denialsOver({ estate, life, hierarchy, identitiesOf });
  const locks = locksOver(() => state.locks, life, [...clusters, ...registries, ...vaults]);
  const policies = policiesOver({ state: () => state.policies, life, hierarchy, registries });
  const versions = newestVersions(estate, life);
  return {
    hierarchy,
    denials,
    barriers: {
      refuseLocked: (scope, change) => locks.refuse(scope, change),
      policed: (write) => bodyAfterPolicies(write, policies, life),
      refuseNewestVersion: (type, version, scope) => versions.refuse(type, version, scope),
    },
    routes: [...lockRoutes(locks), ...policyRoutes({ policies, hierarchy, newIdentity })],
    dump: () => ({
      denyAssignments: denials.all().map(({ name, scope }) => ({ name, scope })),
      locks: locks.all().map(({ name, scope, level }) => ({ name, scope, level })),
      policyAssignments: policies.assignments().map((one) => ({
        name: one.name,
        scope: one.scope,
        policyDefinitionId: String(one.properties["policyDefinitionId"]),
        effect: effectOf(one, policies),
      })),
      fullScopes: [...clusters, ...nodeGroups, ...registries].filter((id) => life.struckBy(fullScopes, id)),
      oldVersionsOnly: [...clusters, ...registries].filter((id) => life.struckBy(newestVersionMissing, id)),
      clustersWithoutBlobs: clusters.filter((id) => life.struckBy(blobsBlocked, id)),
      callerAddress: estate.callerAddress,
      managementGroups: estate.managementGroups,
    }),
    reset: () => {
      state = fresh();
    },
    snapshot: () => {
      const kept = structuredClone(state);
      return () => {
        state = structuredClone(kept);
      };
    },
  };
}
