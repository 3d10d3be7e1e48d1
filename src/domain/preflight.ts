import { problem, type Problem, type ProblemCode } from "./errors.ts";
import { names } from "./ids.ts";
import type { Link, LinkRequest, PullIdentity } from "./link.ts";
import { permits, pullRoleFor, type Permission, type RoleMode } from "./roles.ts";
import { clusterUnreadable, registryUnreadable, type Unreadable } from "./unreadable.ts";

/** One thing looked at before anything is made. `warn` does not stop an onboarding. */
export type Check = {
  readonly name: string;
  readonly verdict: "pass" | "warn" | "fail";
  /** Null unless the verdict is `fail`. */
  readonly code: ProblemCode | null;
  readonly detail: string;
};

/** What an onboarding would do to one thing. */
export type Change = {
  readonly action: "create" | "reuse" | "change" | "none";
  readonly what: string;
  readonly name: string;
};

export type Plan = {
  readonly allowed: boolean;
  readonly checks: readonly Check[];
  readonly changes: readonly Change[];
  /** The first failed check, in words; null when allowed. */
  readonly problem: Problem | null;
};

type Cluster = {
  readonly outcome: "found";
  readonly id: string;
  readonly provisioningState: string;
  readonly powerState: string;
  readonly clientId: string;
  readonly pools: readonly { readonly name: string; readonly provisioningState: string; readonly nodes: number }[];
};
type Registry = {
  readonly outcome: "found";
  readonly id: string;
  readonly provisioningState: string;
  readonly roleMode: RoleMode;
  readonly publicNetworkAccess: string;
  readonly defaultNetworkAction: string;
};

/** What was read, and nothing judged yet. */
export type Facts = {
  readonly request: LinkRequest;
  readonly clusterKey: string;
  readonly cluster: Cluster | Unreadable;
  readonly registry: Registry | Unreadable;
  readonly clusterPermissions: readonly Permission[];
  readonly registryPermissions: readonly Permission[];
  readonly link: Link | undefined;
  readonly identity: PullIdentity | undefined;
};

type Rule = (facts: Facts) => Check | undefined;

const pass = (name: string, detail: string): Check => ({ name, verdict: "pass", code: null, detail });
const warn = (name: string, detail: string): Check => ({ name, verdict: "warn", code: null, detail });
const fail = (name: string, code: ProblemCode, detail: string): Check => ({ name, verdict: "fail", code, detail });

const failed = (name: string, { code, detail }: Problem): Check => fail(name, code, detail);

/** In the order a person would ask. A rule that cannot be judged (its resource was not found) says nothing. */
const rules: readonly Rule[] = [
  ({ cluster, request }) => {
    if (cluster.outcome === "found") return pass("cluster exists", cluster.id);
    return failed(
      "cluster exists",
      clusterUnreadable(`${request.cluster} in tenant ${request.clusterTenantId}`, cluster),
    );
  },
  ({ registry, request }) => {
    if (registry.outcome === "found") return pass("registry exists", registry.id);
    return failed(
      "registry exists",
      registryUnreadable(`${request.registry} in tenant ${request.registryTenantId}`, registry),
    );
  },
  ({ cluster }) => {
    if (cluster.outcome !== "found") return undefined;
    if (cluster.clientId.toLowerCase() !== "msi") return pass("cluster uses a service principal", cluster.clientId);
    return fail(
      "cluster uses a service principal",
      "CP-CLUSTER-MANAGED-IDENTITY",
      `${cluster.id} uses a managed identity, and that cannot be changed back`,
    );
  },
  ({ cluster }) => {
    if (cluster.outcome !== "found") return undefined;
    if (cluster.powerState === "Running") return pass("cluster runs", cluster.powerState);
    return fail("cluster runs", "CP-CLUSTER-STOPPED", `${cluster.id} is ${cluster.powerState}`);
  },
  ({ cluster, identity }) => {
    if (cluster.outcome !== "found") return undefined;
    const name = "cluster is settled";
    if (cluster.provisioningState === "Succeeded") return pass(name, cluster.provisioningState);
    // Our own update that failed half way is cured by running it again.
    if (cluster.provisioningState === "Failed" && identity?.applying)
      return warn(name, "our last update failed; it will be run again");
    return fail(name, "CP-CLUSTER-NOT-SETTLED", `${cluster.id} is ${cluster.provisioningState}`);
  },
  ({ cluster, identity }) => {
    if (cluster.outcome !== "found") return undefined;
    const name = "node pools are ready";
    const unsettled = cluster.pools.filter(({ provisioningState }) => provisioningState !== "Succeeded");
    if (unsettled.length === 0)
      return pass(name, cluster.pools.map(({ name: pool, nodes }) => `${pool}: ${nodes} nodes`).join(", "));
    const detail = unsettled.map(({ name: pool, provisioningState }) => `${pool} is ${provisioningState}`).join(", ");
    return identity?.applying ? warn(name, detail) : fail(name, "CP-CLUSTER-NOT-SETTLED", detail);
  },
  ({ cluster, clusterPermissions }) => {
    if (cluster.outcome !== "found") return undefined;
    return rights("right to update the cluster", "CP-CLUSTER-FORBIDDEN", cluster.id, clusterPermissions, [
      "Microsoft.ContainerService/managedClusters/read",
      "Microsoft.ContainerService/managedClusters/resetServicePrincipalProfile/action",
    ]);
  },
  ({ registry, registryPermissions }) => {
    if (registry.outcome !== "found") return undefined;
    return rights("right to grant the pull role", "CP-REGISTRY-FORBIDDEN", registry.id, registryPermissions, [
      "Microsoft.ContainerRegistry/registries/read",
      "Microsoft.Authorization/roleAssignments/write",
    ]);
  },
  ({ registry, request }) => {
    if (registry.outcome !== "found") return undefined;
    const role = pullRoleFor(registry.roleMode);
    if (registry.roleMode === "legacy" && request.repositories.length > 0) {
      return warn(
        "pull role",
        `${role.name} opens every repository: this registry's role mode cannot limit it to ${request.repositories.join(", ")}`,
      );
    }
    return pass("pull role", role.name);
  },
  ({ registry }) => {
    if (registry.outcome !== "found") return undefined;
    if (registry.publicNetworkAccess === "Enabled" && registry.defaultNetworkAction === "Allow")
      return pass("registry network", "open to all networks");
    return warn(
      "registry network",
      `public access ${registry.publicNetworkAccess}, default action ${registry.defaultNetworkAction}: the cluster's egress address must be allowed`,
    );
  },
];

function rights(
  name: string,
  code: ProblemCode,
  scope: string,
  held: readonly Permission[],
  wanted: readonly string[],
): Check {
  const lacking = wanted.filter((action) => !permits(held, action));
  if (lacking.length === 0) return pass(name, wanted.join(", "));
  return fail(name, code, `our identity lacks ${lacking.join(" and ")} on ${scope}`);
}

export function planOf(facts: Facts): Plan {
  const checks = rules.map((rule) => rule(facts)).filter((check) => check !== undefined);
  const failure = checks.find(({ verdict }) => verdict === "fail");
  return {
    allowed: !failure,
    checks,
    changes: failure ? [] : changesOf(facts),
    problem: failure?.code ? problem(failure.code, failure.detail) : null,
  };
}

function changesOf({ cluster, registry, clusterKey, identity, link, request }: Facts): Change[] {
  if (cluster.outcome !== "found" || registry.outcome !== "found") return [];
  const made = (yes: unknown): Change["action"] => (yes ? "reuse" : "create");
  const nodes = cluster.pools.reduce((sum, pool) => sum + pool.nodes, 0);
  const moved = identity?.appId === cluster.clientId;
  return [
    {
      action: made(identity?.appId),
      what: "multitenant application in the cluster tenant",
      name: names.application(clusterKey),
    },
    {
      action: made(identity?.secret),
      what: "password and its version in Key Vault",
      name: names.vaultSecret(clusterKey),
    },
    {
      action: made(link?.grant),
      what: "service principal in the registry tenant, by admin consent",
      name: request.registryTenantId,
    },
    {
      action: made(link?.grant),
      what: `role ${pullRoleFor(registry.roleMode).name} on the registry`,
      name: registry.id,
    },
    {
      action: moved ? "none" : "create",
      what: "copies of the old service principal's roles in the cluster tenant",
      name: cluster.clientId,
    },
    {
      action: moved ? "none" : "change",
      what: `service principal of the cluster; ${nodes} nodes are re-imaged one by one`,
      name: cluster.id,
    },
  ];
}
