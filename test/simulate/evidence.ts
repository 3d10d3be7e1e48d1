import type { ApplicationDump, ClusterDump, TenantDump, VersionDump } from "../../local/simulate/judge/dump.ts";
import type { AskedLink, Evidence, LinkAnswer } from "../../local/simulate/judge/evidence.ts";

export const names = { link: "aks→shop", cluster: "aks", appId: "app-ours", keyId: "key-1" } as const;
export const clusterId = "/subscriptions/a/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";
export const nodeGroup = "/subscriptions/a/resourceGroups/MC_rg_aks_westeurope";
export const registryId = "/subscriptions/b/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/shop";
const image = "shop.example/team/app:v1";
const at = "2030-01-07T09:00:00.000Z";
export const endedAt = "2030-01-08T09:00:00.000Z";

/** What a small world may be made of instead of what it is when all went well. */
export interface Differences {
  readonly link?: Partial<LinkAnswer>;
  readonly asked?: Partial<AskedLink>;
  readonly cluster?: Partial<ClusterDump>;
  readonly applications?: readonly ApplicationDump[];
  readonly versions?: readonly VersionDump[];
  readonly evidence?: Partial<Evidence>;
}

export function application(change: Partial<ApplicationDump> = {}): ApplicationDump {
  return {
    id: "object-ours",
    appId: names.appId,
    uniqueName: "crosspull-0123456789abcdef",
    passwordCredentials: [password(names.keyId)],
    ...change,
  };
}

export function password(keyId: string): ApplicationDump["passwordCredentials"][number] {
  return {
    keyId,
    displayName: "crosspull operation",
    startDateTime: "2030-01-07T09:00:00.000Z",
    endDateTime: "2030-07-01T00:00:00.000Z",
    secretFingerprint: `print of ${keyId}`,
    knownAt: "2030-01-07T09:00:20.000Z",
  };
}

export function version(keyId: string, change: Partial<VersionDump> = {}): VersionDump {
  return {
    version: `version of ${keyId}`,
    enabled: true,
    secretFingerprint: `print of ${keyId}`,
    tags: { keyId, appId: names.appId },
    ...change,
  };
}

export function node(name: string, keyId: string, clientId: string = names.appId): ClusterDump["nodes"][number] {
  return { name, clientId, secretFingerprint: `print of ${keyId}` };
}

/** One cluster with one ready link, proved from its nodes, and nothing left behind; but for the differences. */
export function evidence(differences: Differences = {}): Evidence {
  const pulled = { pulled: true, nodes: ["node-1"] } as const;
  const link = linkOf(differences.link);
  return {
    asked: [
      {
        name: names.link,
        cluster: clusterId,
        registry: registryId,
        image,
        link,
        refusal: undefined,
        ...differences.asked,
      },
    ],
    acts: [{ link: names.link, deed: "accept", at: "2030-01-07T10:00:00.000Z" }],
    dump: dumpOf(differences),
    passwordsSeen: new Map([["crosspull-0123456789abcdef", new Set([names.keyId])]]),
    mostPasswords: 1,
    pulls: [{ cluster: clusterId, image: "home.example/base:v1", before: pulled, after: pulled }],
    promised: new Map([[names.link, pulled]]),
    nodePulls: [{ clusterId, node: "node-1", image, pulled: 20, failed: 1, firstRefusals: [] }],
    claims: [],
    operations: new Map(),
    instances: [],
    automation: "app-automation",
    restInSeconds: 1800,
    secretLifeInDays: 180,
    endedAt,
    ...differences.evidence,
  };
}

function linkOf(change: Partial<LinkAnswer> = {}): LinkAnswer {
  return {
    id: "0123456789abcdef",
    status: "ready",
    cluster: clusterId,
    registry: registryId,
    registryTenantId: "tenant-b",
    image: "team/app:v1",
    pullIdentity: { appId: names.appId },
    grant: { assignmentId: `${registryId}/providers/Microsoft.Authorization/roleAssignments/grant` },
    consentUrl: null,
    problem: null,
    createdAt: at,
    updatedAt: "2030-01-07T10:50:30.000Z",
    operation: {
      id: "operation",
      instanceId: "onboard-0123456789abcdef",
      steps: [
        {
          name: "update",
          state: "done",
          startedAt: "2030-01-07T10:40:00.000Z",
          finishedAt: "2030-01-07T10:50:10.000Z",
        },
      ],
    },
    ...change,
  };
}

const vaultId = "/subscriptions/a/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv";
const automation = { id: "object-automation", appId: "app-automation", passwordCredentials: [] };
const withoutRules = {
  groups: [],
  appManagementPolicy: { isEnabled: false, applicationRestrictions: {} },
  quotas: [],
} as const;

function principal(id: string, appId: string): TenantDump["servicePrincipals"][number] {
  return { id, appId, createdDateTime: at, knownAt: at, appRoles: [] };
}

function dumpOf({
  cluster,
  applications = [application()],
  versions = [version(names.keyId)],
}: Differences): Evidence["dump"] {
  const known = "2030-01-07T09:00:20.000Z";
  return {
    entra: {
      tenants: [
        {
          id: "tenant-a",
          applications: [automation, ...applications],
          servicePrincipals: [
            { ...principal("us-in-a", "app-automation"), appRoles: [{ value: "Application.ReadWrite.OwnedBy" }] },
            { ...principal("pull-in-a", names.appId), knownAt: known },
          ],
          ...withoutRules,
        },
        {
          id: "tenant-b",
          applications: [],
          servicePrincipals: [
            principal("us-in-b", "app-automation"),
            { ...principal("pull-in-b", names.appId), createdDateTime: "2030-01-07T10:00:00.000Z", knownAt: known },
          ],
          ...withoutRules,
        },
      ],
    },
    vault: {
      id: vaultId,
      secrets: [{ name: "pull-0123456789abcdef", versions }],
      byRoles: true,
      accessPolicies: [],
      networkAcls: { defaultAction: "Allow", ipRules: [] },
      publicNetworkAccess: "Enabled",
    },
    arm: {
      clusters: [
        {
          id: clusterId,
          tenantId: "tenant-a",
          powerState: "Running",
          provisioningState: "Succeeded",
          clientId: names.appId,
          egressAddress: "198.51.100.7",
          nodeResourceGroup: nodeGroup,
          pools: [{ name: "system", powerState: "Running", provisioningState: "Succeeded" }],
          nodes: [node("node-1", names.keyId), node("node-2", names.keyId)],
          updates: [
            { startedAt: "2030-01-07T10:40:00.000Z", endedAt: "2030-01-07T10:50:00.000Z", status: "Succeeded" },
          ],
          ...cluster,
        },
      ],
      registries: [
        {
          id: registryId,
          tenantId: "tenant-b",
          loginServer: "shop.example",
          roleAssignmentMode: "LegacyRegistryPermissions",
          network: { publicNetworkAccess: "Enabled", defaultAction: "Allow", ipRules: [], privateEndpoints: [] },
        },
      ],
      roleAssignments: [
        role("ours-cluster", "tenant-a", clusterId, "Crosspull Cluster Operator", "us-in-a"),
        role("ours-registry", "tenant-b", registryId, "Role Based Access Control Administrator", "us-in-b"),
        role("ours-vault", "tenant-a", vaultId, "Key Vault Secrets Officer", "us-in-a"),
        role("grant", "tenant-b", registryId, "AcrPull", "pull-in-b"),
      ],
      denyAssignments: [],
      locks: [],
      policyAssignments: [],
      fullScopes: [],
      oldVersionsOnly: [],
      clustersWithoutBlobs: [],
      callerAddress: "203.0.113.50",
      managementGroups: [],
    },
  };
}

const roleIds: Readonly<Record<string, string>> = { AcrPull: "7f951dda-4ed3-4680-a7ca-43fe172d538d" };

export function role(
  name: string,
  tenantId: string,
  scope: string,
  roleName: string,
  principalId: string,
): Evidence["dump"]["arm"]["roleAssignments"][number] {
  return {
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    tenantId,
    scope,
    roleName,
    roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${roleIds[roleName] ?? "another"}`,
    principalId,
    createdBy: "us",
    createdOn: "2030-01-07T10:00:08.000Z",
    knownAt: "2030-01-07T10:39:48.000Z",
  };
}
