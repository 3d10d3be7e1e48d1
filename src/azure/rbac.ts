import type { AuthorizationManagementClient } from "@azure/arm-authorization";
import { armOptions, clientKey, readClientKey } from "./arm.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { lazyPer } from "./lazy.ts";
import type { Least } from "./olderVersions.ts";

/** The client of Azure RBAC of a tenant. Only what is not asked by scope or id needs the subscription. */
export type Rbac = (tenantId: string, subscriptionId?: string) => Promise<AuthorizationManagementClient>;

/** Before these, role assignments had no conditions. */
const conditionsSince: Least = { stable: "2022-04-01", preview: "2020-03-01" };

export function connectRbac(cloud: Cloud, credentials: Credentials): Rbac {
  const clients = lazyPer(async (key) => {
    const { AuthorizationManagementClient } = await import("@azure/arm-authorization");
    const { tenantId, subscriptionId } = readClientKey(key);
    const { additionalPolicies, ...options } = armOptions(cloud, null, conditionsSince);
    const policies = additionalPolicies.map(({ policy }) => policy);
    return new AuthorizationManagementClient(await credentials.credentialFor(tenantId), subscriptionId, {
      ...options,
      credentialScopes: cloud.armScope,
      // This client throws what it reads in an answer: only below its retries do our steps see the answer itself.
      additionalPolicies: policies.map((policy) => ({ policy, position: "perRetry" as const })),
    });
  });
  return (tenantId, subscriptionId = "") => clients(clientKey({ tenantId, subscriptionId }));
}

/** The client puts a slash in front of scopes and ids itself. */
export function bare(id: string): string {
  return id.replace(/^\//, "");
}
