import type { Cloud } from "./clouds.ts";
import { isForbidden, refused, type Failure } from "./errors.ts";
import type { Refused } from "./clients.ts";

/** Key of a client: ARM clients are made per tenant (whose token) and subscription (in their paths). */
export function clientKey({ tenantId, subscriptionId }: { tenantId: string; subscriptionId: string }): string {
  return `${tenantId}/${subscriptionId}`;
}

export function readClientKey(key: string): { tenantId: string; subscriptionId: string } {
  const [tenantId = "", subscriptionId = ""] = key.split("/");
  return { tenantId, subscriptionId };
}

/** Options of the newer ARM clients; left to themselves they ask for tokens of the public cloud. */
export function armOptions(cloud: Cloud): { endpoint: string; credentials: { scopes: string[] } } {
  return { endpoint: cloud.armUrl, credentials: { scopes: [cloud.armScope] } };
}

/** What reading a resource may be refused with; undefined for anything else. */
export function readRefusal(failure: Failure): Refused<"missing"> | Refused<"forbidden"> | undefined {
  if (failure.status === 404) return refused("missing", failure);
  return isForbidden(failure) ? refused("forbidden", failure) : undefined;
}
