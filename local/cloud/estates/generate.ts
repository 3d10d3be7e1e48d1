import type { Estate } from "./estate.ts";

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

type Generated = {
  readonly application: Estate["applications"][number];
  readonly cluster: Estate["clusters"][number];
  readonly roleAssignment: Estate["roleAssignments"][number];
};

function generated(number: number, knobs: NonNullable<Estate["generate"]>): Generated {
  const name = `aks-${String(number).padStart(4, "0")}`;
  const { tenantId, subscriptionId, resourceGroup, nodesPerCluster } = knobs;
  const objectId = numberedGuid("5", number);
  const location = "westeurope";
  const nodeResourceGroup = `MC_${resourceGroup}_${name}_${location}`;
  return {
    application: {
      key: name,
      appId: numberedGuid("4", number),
      objectId: numberedGuid("6", number),
      tenantId,
      displayName: `${name} service principal`,
      signInAudience: "AzureADMyOrg",
      identifierUris: [],
      redirectUris: [],
      requestedAccessTokenVersion: 1,
      appRoles: [],
      secrets: [{ value: `${name}-first-secret` }],
      federatedCredentials: [],
      servicePrincipals: [{ tenantId, objectId, appRoles: [] }],
    },
    cluster: {
      name,
      subscriptionId,
      resourceGroup,
      location,
      nodeResourceGroup,
      kubernetesVersion: "1.33.2",
      identity: { kind: "servicePrincipal", application: name },
      provisioningState: "Succeeded",
      powerState: "Running",
      pools: [
        {
          name: "system",
          mode: "System",
          vmSize: "Standard_D4s_v5",
          nodes: nodesPerCluster,
          maxSurge: 1,
          provisioningState: "Succeeded",
          powerState: "Running",
        },
      ],
    },
    roleAssignment: {
      scope: `/subscriptions/${subscriptionId}/resourceGroups/${nodeResourceGroup}`,
      principalId: objectId,
      role: "Contributor",
    },
  };
}

/** `kind` is one hex digit; numbers are kept apart from hand-written ids by the `9` in the third group. */
function numberedGuid(kind: string, number: number): string {
  return `${kind}0000000-0000-4900-8000-${number.toString(16).padStart(12, "0")}`;
}
