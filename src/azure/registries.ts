import type { PrivateEndpointConnection, Registry } from "@azure/arm-containerregistry";
import { TransientError } from "../domain/errors.ts";
import type { RegistryFacts } from "../domain/facts.ts";
import { armOptions, clientKey, readClientKey, readRefusal } from "./arm.ts";
import { asking } from "./asking.ts";
import type { Registries } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { lazyPer } from "./lazy.ts";
import type { Least } from "./olderVersions.ts";

/** Older versions do not show the registry's role mode. */
const roleModeSince: Least = { stable: "2025-11-01", preview: "2025-03-01" };

export function connectRegistries(cloud: Cloud, credentials: Credentials): Registries {
  const clients = lazyPer(async (key) => {
    const { ContainerRegistryManagementClient } = await import("@azure/arm-containerregistry");
    const { tenantId, subscriptionId } = readClientKey(key);
    const credential = await credentials.credentialFor(tenantId);
    const options = armOptions(cloud, cloud.acrApiVersion, roleModeSince);
    return new ContainerRegistryManagementClient(credential, subscriptionId, options);
  });
  return {
    get: (registry) =>
      asking(
        { what: `read the registry ${registry.id}`, repeatable: true },
        async (abortSignal) => {
          const { registries } = await clients(clientKey(registry));
          return factsOf(await registries.get(registry.resourceGroup, registry.name, { abortSignal }), registry.id);
        },
        readRefusal,
      ),
  };
}

/**
 * A missing role mode means the old one: registries made before there were two do not have the property. No network
 * rules: only the premium tier can have any.
 */
function factsOf(registry: Registry, id: string): RegistryFacts {
  const { networkRuleSet, privateEndpointConnections, loginServer } = registry;
  if (!loginServer) throw new TransientError(`ARM does not say under which name the registry ${id} answers`);
  return {
    outcome: "found",
    id: registry.id ?? id,
    loginServer,
    provisioningState: registry.provisioningState ?? null,
    sku: registry.sku?.name ?? null,
    roleMode: registry.roleAssignmentMode === "AbacRepositoryPermissions" ? "abac" : "legacy",
    publicNetworkAccess: registry.publicNetworkAccess ?? null,
    defaultNetworkAction: networkRuleSet?.defaultAction ?? "Allow",
    allowedAddresses: (networkRuleSet?.ipRules ?? []).map(({ iPAddressOrRange }) => iPAddressOrRange),
    privateEndpoints: (privateEndpointConnections ?? []).filter(isApproved).length,
    dataEndpoints: registry.dataEndpointEnabled ?? false,
  };
}

/** One that waits for approval, or was rejected, lets nobody in. Approved unless Azure says otherwise. */
function isApproved({ privateLinkServiceConnectionState: state }: PrivateEndpointConnection): boolean {
  return (state?.status ?? "Approved") === "Approved";
}
