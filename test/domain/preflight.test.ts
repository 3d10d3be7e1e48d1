import type { PullIdentity } from "../../src/domain/link.ts";
import { planOf, type Facts } from "../../src/domain/preflight.ts";

const everything = [{ actions: ["*"], notActions: [] }];
const healthy: Facts = {
  request: {
    cluster: "/cluster",
    registry: "/registry",
    clusterTenantId: "tenant-a",
    registryTenantId: "tenant-b",
    repositories: [],
    image: null,
  },
  clusterKey: "k",
  cluster: {
    outcome: "found",
    id: "/cluster",
    provisioningState: "Succeeded",
    powerState: "Running",
    clientId: "old-app",
    pools: [{ name: "system", provisioningState: "Succeeded", nodes: 3 }],
  },
  registry: {
    outcome: "found",
    id: "/registry",
    provisioningState: "Succeeded",
    roleMode: "legacy",
    publicNetworkAccess: "Enabled",
    defaultNetworkAction: "Allow",
  },
  clusterPermissions: everything,
  registryPermissions: everything,
  link: undefined,
  identity: undefined,
};
const cluster = (part: object): Partial<Facts> => ({ cluster: { ...healthy.cluster, ...part } });
const registry = (part: object): Partial<Facts> => ({
  registry: { ...healthy.registry, ...part },
});
const missing = (outcome: "missing" | "forbidden") => ({ outcome, code: "Code", detail: "a sentence" }) as const;
const failedUpdate = { applying: "version", appId: "ours", secret: null } as PullIdentity;

test("a healthy pair passes every check and says what would be made", () => {
  const plan = planOf(healthy);
  expect(plan.allowed).toBe(true);
  expect(plan.problem).toBeNull();
  expect(plan.checks.map(({ verdict }) => verdict)).toEqual(Array(plan.checks.length).fill("pass"));
  expect(plan.changes.map(({ action, what }) => `${action} ${what}`)).toEqual([
    "create multitenant application in the cluster tenant",
    "create password and its version in Key Vault",
    "create service principal in the registry tenant, by admin consent",
    "create role AcrPull on the registry",
    "create copies of the old service principal's roles in the cluster tenant",
    "change service principal of the cluster; 3 nodes are re-imaged one by one",
  ]);
});

test.each<[string, Partial<Facts>, string]>([
  ["the cluster is missing", { cluster: missing("missing") }, "CP-CLUSTER-NOT-FOUND"],
  ["the cluster may not be read", { cluster: missing("forbidden") }, "CP-CLUSTER-FORBIDDEN"],
  [
    "the cluster may be read but not updated",
    { clusterPermissions: [{ actions: ["*/read"], notActions: [] }] },
    "CP-CLUSTER-FORBIDDEN",
  ],
  ["the cluster is stopped", cluster({ powerState: "Stopped" }), "CP-CLUSTER-STOPPED"],
  ["the cluster is upgrading", cluster({ provisioningState: "Upgrading" }), "CP-CLUSTER-NOT-SETTLED"],
  ["the cluster failed for reasons not ours", cluster({ provisioningState: "Failed" }), "CP-CLUSTER-NOT-SETTLED"],
  [
    "a pool is not ready",
    cluster({ pools: [{ name: "user", provisioningState: "Failed", nodes: 1 }] }),
    "CP-CLUSTER-NOT-SETTLED",
  ],
  ["the cluster has a managed identity", cluster({ clientId: "msi" }), "CP-CLUSTER-MANAGED-IDENTITY"],
  ["the registry is missing", { registry: missing("missing") }, "CP-REGISTRY-NOT-FOUND"],
  ["the registry may not be read", { registry: missing("forbidden") }, "CP-REGISTRY-FORBIDDEN"],
  [
    "roles may not be assigned there",
    { registryPermissions: [{ actions: ["*/read"], notActions: [] }] },
    "CP-REGISTRY-FORBIDDEN",
  ],
])("when %s the plan is refused and nothing would be made", (_what, facts, code) => {
  const plan = planOf({ ...healthy, ...facts });
  expect(plan).toMatchObject({ allowed: false, changes: [], problem: { code } });
});

test.each<[string, Partial<Facts>, string]>([
  [
    "repositories cannot be limited in legacy mode",
    { request: { ...healthy.request, repositories: ["team/app"] } },
    "pull role",
  ],
  ["the registry's network is closed", registry({ publicNetworkAccess: "Disabled" }), "registry network"],
  [
    "our own update failed half way",
    { ...cluster({ provisioningState: "Failed" }), identity: failedUpdate },
    "cluster is settled",
  ],
])("when %s the plan warns and goes on", (_what, facts, name) => {
  const plan = planOf({ ...healthy, ...facts });
  expect(plan.allowed).toBe(true);
  expect(plan.checks.filter(({ verdict }) => verdict === "warn").map((check) => check.name)).toEqual([name]);
});

test("an ABAC registry gets the role it honours", () => {
  expect(planOf({ ...healthy, ...registry({ roleMode: "abac" }) }).changes[3]?.what).toBe(
    "role Container Registry Repository Reader on the registry",
  );
});

test("a cluster that holds the pull identity already is left alone", () => {
  const identity = { appId: "old-app", secret: null, applying: "v" } as PullIdentity;
  expect(planOf({ ...healthy, identity }).changes.map(({ action }) => action)).toEqual([
    "reuse",
    "create",
    "create",
    "create",
    "none",
    "none",
  ]);
});
