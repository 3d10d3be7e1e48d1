import type { Estate, EstateApplication, EstateCluster, EstateRoleAssignment } from "./types.ts";

/** Adds `knobs.clusters` service-principal clusters, each with an application, its principal and its roles. */
export function generateClusters(estate: Estate, knobs: Estate["generate"]): Estate {
  if (!knobs) return estate;
  const made = Array.from({ length: knobs.clusters }, (_, index) => generated(index + 1, knobs));
  return {
    ...estate,
    generate: knobs,
    applications: [...estate.applications, ...made.map(({ application }) => application)],
    clusters: [...estate.clusters, ...made.map(({ cluster }) => cluster)],
    roleAssignments: [...estate.roleAssignments, ...made.map(({ roleAssignment }) => roleAssignment)],
  };
}

type Knobs = NonNullable<Estate["generate"]>;
type Generated = {
  readonly application: EstateApplication;
  readonly cluster: EstateCluster;
  readonly roleAssignment: EstateRoleAssignment;
};

const location = "westeurope";

function generated(number: number, knobs: Knobs): Generated {
  const name = `aks-${String(number).padStart(4, "0")}`;
  const { subscriptionId, resourceGroup } = knobs;
  const nodeResourceGroup = `MC_${resourceGroup}_${name}_${location}`;
  return {
    application: application(number, name, knobs.tenantId),
    cluster: cluster(name, nodeResourceGroup, knobs),
    roleAssignment: {
      scope: `/subscriptions/${subscriptionId}/resourceGroups/${nodeResourceGroup}`,
      principalId: numberedGuid("5", number),
      role: "Contributor",
    },
  };
}

function application(number: number, name: string, tenantId: string): EstateApplication {
  return {
    key: name,
    displayName: `${name} service principal`,
    tenantId,
    appId: numberedGuid("4", number),
    objectId: numberedGuid("6", number),
    signInAudience: "AzureADMyOrg",
    requestedAccessTokenVersion: 1,
    identifierUris: [],
    redirectUris: [],
    appRoles: [],
    federatedCredentials: [],
    secrets: [{ value: `${name}-first-secret` }],
    servicePrincipals: [{ tenantId, objectId: numberedGuid("5", number), appRoles: [] }],
  };
}

function cluster(name: string, nodeResourceGroup: string, knobs: Knobs): EstateCluster {
  const { subscriptionId, resourceGroup, nodesPerCluster: nodes, pulls } = knobs;
  const healthy = { provisioningState: "Succeeded", powerState: "Running" } as const;
  return {
    name,
    subscriptionId,
    resourceGroup,
    location,
    nodeResourceGroup,
    kubernetesVersion: "1.33.2",
    ...healthy,
    identity: { kind: "servicePrincipal", application: name },
    pools: [{ name: "system", mode: "System", vmSize: "Standard_D4s_v5", nodes, maxSurge: 1, ...healthy }],
    ...(pulls && { pulls }),
  };
}

/** `kind` is one hex digit; numbers are kept apart from hand-written ids by the `9` in the third group. */
export function numberedGuid(kind: string, number: number): string {
  return `${kind}0000000-0000-4900-8000-${number.toString(16).padStart(12, "0")}`;
}
