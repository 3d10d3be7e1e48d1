import type { Registry } from "@azure/arm-containerregistry";
import { armOptions, clientKey, readClientKey, readRefusal } from "./arm.ts";
import type { Registries, RegistryFacts } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { failureOf, lasting, unexpected } from "./errors.ts";
import { lazyPer } from "./lazy.ts";

export function connectRegistries(cloud: Cloud, credentials: Credentials): Registries {
  const clients = lazyPer(async (key) => {
    const { ContainerRegistryManagementClient } = await import("@azure/arm-containerregistry");
    const { tenantId, subscriptionId } = readClientKey(key);
    const credential = await credentials.credentialFor(tenantId);
    return new ContainerRegistryManagementClient(credential, subscriptionId, armOptions(cloud));
  });
  return {
    async get(registry) {
      const what = `read the registry ${registry.id}`;
      let statusCode = 0;
      try {
        const client = await clients(clientKey(registry));
        const onResponse = ({ status }: { status: number }): void => void (statusCode = status);
        return factsOf(await client.registries.get(registry.resourceGroup, registry.name, { onResponse }), registry.id);
      } catch (error) {
        const failure = lasting(bodiless(error, statusCode), what);
        const answer = readRefusal(failure);
        if (answer) return answer;
        throw unexpected(failure, what);
      }
    },
  };
}

/** The client stumbles over error answers without a body, as proxies give them: what it says then is of no use. */
function bodiless(error: unknown, statusCode: number): unknown {
  return statusCode >= 400 && failureOf(error).status === -1 ? { statusCode, message: "no body" } : error;
}

/** A missing role mode means the old one: registries made before there were two do not have the property. */
function factsOf(registry: Registry, id: string): RegistryFacts {
  return {
    outcome: "found",
    id: registry.id ?? id,
    location: registry.location,
    loginServer: registry.loginServer ?? "",
    provisioningState: registry.provisioningState ?? "",
    roleMode: registry.roleAssignmentMode === "AbacRepositoryPermissions" ? "abac" : "legacy",
    publicNetworkAccess: registry.publicNetworkAccess ?? "Enabled",
    defaultNetworkAction: registry.networkRuleSet?.defaultAction ?? "Allow",
  };
}
