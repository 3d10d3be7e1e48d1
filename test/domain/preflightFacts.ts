/** What preflight judges, of a healthy pair and of pairs with one thing wrong. */
import type { ClusterFacts, RegistryFacts } from "../../src/domain/facts.ts";
import { planOf } from "../../src/domain/preflight.ts";
import { newIdentity } from "../../src/domain/pullIdentity.ts";
import { accepted, added, intend, proved, succeeded } from "../../src/domain/pullIdentityChanges.ts";
import type { PullIdentity } from "../../src/domain/pullIdentity.ts";
import type { PlannedRole, RolesPlan } from "../../src/domain/rolesPlan.ts";
import type { CopyRight, Facts, OldPrincipal } from "../../src/domain/rules/rule.ts";

export const now = new Date("2026-11-01T00:00:00Z");
export const tenantA = "a0000000-0000-4000-8000-000000000001";
export const everything = [{ actions: ["*"], notActions: [] }];
export const pool = { powerState: "Running", type: "VirtualMachineScaleSets", subnetId: null, maxPods: 30 };

export const cluster: ClusterFacts = {
  outcome: "found",
  id: "/cluster",
  provisioningState: "Succeeded",
  powerState: "Running",
  clientId: "old-app",
  nodeResourceGroup: "MC_rg",
  subnetIds: [],
  diskEncryptionSetIds: [],
  privateDnsZoneId: null,
  pools: [{ ...pool, name: "system", provisioningState: "Succeeded", nodes: 3 }],
  otherIds: [],
};
export const registry: RegistryFacts = {
  outcome: "found",
  id: "/registry",
  loginServer: "fabrikam.azurecr.io",
  provisioningState: "Succeeded",
  sku: "Standard",
  roleMode: "legacy",
  publicNetworkAccess: "Enabled",
  defaultNetworkAction: "Allow",
  allowedAddresses: [],
  privateEndpoints: 0,
  dataEndpoints: false,
};
export const role = (part: Partial<PlannedRole> = {}): PlannedRole => ({
  assignmentId: "/scope/roleAssignments/1",
  roleDefinitionId: "/roles/network",
  scope: "/scope",
  via: "direct",
  copied: true,
  reason: "the node resource group",
  stops: false,
  ...part,
});
export const roles = (...planned: PlannedRole[]): RolesPlan => ({
  roles: planned,
  copies: planned
    .filter(({ copied }) => copied)
    .map(({ assignmentId, scope }) => ({ assignmentId, scope, roleDefinitionId: "/roles/network", condition: null })),
  lost: planned.filter(({ stops }) => stops),
  homeRegistries: [],
  left: planned.filter(({ copied }) => !copied).length,
});
export const oldWith = (copyRights: OldPrincipal["copyRights"]): OldPrincipal => ({
  principal,
  roles: roles(role()),
  incomplete: null,
  copyRights,
  copied: 0,
});
/** Our right where one role for each of these assignments is copied to. */
export const copyRight = (
  scope: string,
  assignmentIds: readonly string[],
  conditions: CopyRight["conditions"],
  denials: CopyRight["denials"] = { outcome: "known", value: [] },
): CopyRight => ({
  scope,
  copies: assignmentIds.map((assignmentId) => ({ assignmentId, roleDefinitionId: "/roles/network" })),
  conditions,
  denials,
});
export const freely = { outcome: "known", value: [null] } as const;
export const notAtAll = { outcome: "known", value: [] } as const;
export const principal = {
  outcome: "found",
  objectId: "o",
  appId: "old-app",
  enabled: true,
  ownerTenantId: tenantA,
  audience: "AzureADMyOrg",
} as const;

export const secret = {
  name: "pull-k",
  version: "v1",
  keyId: "key",
  createdAt: now.toISOString(),
  expiresAt: "2027-05-01T00:00:00.000Z",
};
export const fresh = {
  ...newIdentity({ clusterKey: "k", clusterId: "/cluster", tenantId: tenantA, createdAt: "" }),
  appId: "ours",
};
export const withSecret = proved(added(fresh, secret, "op"), "v1");
export const held: PullIdentity = succeeded(accepted(intend(withSecret, "v1"), "poller", "2026-10-31"), "2026-10-31");

export const healthy: Facts = {
  request: {
    cluster: "/cluster",
    registry: "/registry",
    clusterTenantId: tenantA,
    registryTenantId: "tenant-b",
    repositories: [],
    image: null,
    acceptLost: [],
    acceptOldApplication: null,
  },
  clusterKey: "k",
  cluster,
  registry,
  clusterPermissions: { outcome: "known", value: everything },
  grantConditions: freely,
  clusterLocks: { outcome: "known", value: [] },
  registryLocks: { outcome: "known", value: [] },
  graphPermissions: { outcome: "known", value: ["Application.ReadWrite.OwnedBy"] },
  objectsMade: { outcome: "known", value: 12 },
  directoryRole: { outcome: "known", value: false },
  credentialPolicy: {
    outcome: "known",
    value: { forbidsPasswords: false, longestLifetimeInDays: null, forbidsMultitenant: false },
  },
  vault: { outcome: "usable" },
  old: { principal, roles: roles(role()), incomplete: null, copyRights: [], copied: 0 },
  content: { outcome: "seen", lacking: [] },
  link: undefined,
  identity: undefined,
  there: { application: "missing", secret: false, consent: "missing", grants: [] },
  secretLifetimeInDays: 180,
  window: null,
  aksSchedules: null,
  at: "2026-11-02T06:00:00.000Z",
};
export const facts = (part: Partial<Facts>): Facts => ({ ...healthy, ...part });
export const ofCluster = (part: Partial<ClusterFacts>) => facts({ cluster: { ...cluster, ...part } });
export const ofRegistry = (part: Partial<RegistryFacts>, more: Partial<Facts> = {}) =>
  facts({ registry: { ...registry, ...part }, ...more });
export const ask = (part: Partial<Facts["request"]>, more: Partial<Facts> = {}) =>
  facts({ request: { ...healthy.request, ...part }, ...more });
export const unreadable = (outcome: "missing" | "forbidden" | "noToken") =>
  ({ outcome, code: "Code", detail: "words" }) as const;
export const unknown = { outcome: "unknown", detail: "our rights do not show it" } as const;
export const checkOf = (given: Facts, id: string) => planOf(given, now).checks.find((check) => check.id === id);
export const lock = (level: "ReadOnly" | "CanNotDelete") =>
  ({ outcome: "known", value: [{ id: "/locks/1", level }] }) as const;
export const denied = (outcome: "forbidden" | "firewall" | "policy") =>
  ({ outcome, code: "Code", detail: "words" }) as const;
export const policy = (part: object): Partial<Facts> => ({
  credentialPolicy: {
    outcome: "known",
    value: { forbidsPasswords: false, longestLifetimeInDays: null, forbidsMultitenant: false, ...part },
  },
});
