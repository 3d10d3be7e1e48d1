import type { Unreadable } from "../domain/facts.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { isForbidden, isWithoutToken, type Failure } from "./errors.ts";
import { inVersion, olderFor, olderVersions, type Least } from "./olderVersions.ts";
import { noRedirects, noRetries, policiesFor } from "./pipeline.ts";
import { connectRest, type AskRest } from "./rest.ts";

/** Where Azure RBAC keeps its resources below a scope. */
export const authorization = "providers/Microsoft.Authorization";

/** Key of a client: ARM clients are made per tenant (whose token) and subscription (in their paths). */
export function clientKey({ tenantId, subscriptionId }: { tenantId: string; subscriptionId: string }): string {
  return `${tenantId}/${subscriptionId}`;
}

export function readClientKey(key: string): { tenantId: string; subscriptionId: string } {
  const [tenantId = "", subscriptionId = ""] = key.split("/");
  return { tenantId, subscriptionId };
}

/** Options of the ARM clients; left to themselves they ask for tokens of the public cloud. */
export function armOptions(cloud: Cloud, apiVersion: string | null, least: Least | null = null) {
  return {
    endpoint: cloud.armUrl,
    credentials: { scopes: [cloud.armScope] },
    retryOptions: noRetries,
    redirectOptions: noRedirects,
    additionalPolicies: [{ policy: olderVersions(least), position: "perCall" as const }, ...policiesFor(cloud.armUrl)],
    ...(apiVersion === null ? {} : { apiVersion }),
  };
}

/** What reading a resource may be refused with; undefined for anything else. */
export function readRefusal({ code, detail, ...failure }: Failure): Unreadable | undefined {
  if (failure.status === 404) return { outcome: "missing", code, detail };
  if (isWithoutToken({ ...failure, code, detail })) return { outcome: "noToken", code, detail };
  return isForbidden({ ...failure, code, detail }) ? { outcome: "forbidden", code, detail } : undefined;
}

/** Azure Resource Manager, for what no client package of ours asks. */
export function connectArm(cloud: Cloud, credentials: Credentials): AskRest {
  const ask = connectRest({ url: cloud.armUrl, scope: cloud.armScope }, credentials);
  return async (tenantId, request) => {
    try {
      return await ask(tenantId, request);
    } catch (error) {
      const { statusCode, details } = error as { statusCode?: unknown; details?: unknown };
      const url = new URL(request.to, cloud.armUrl).href;
      const older = statusCode === 400 ? olderFor(url, JSON.stringify(details ?? ""), null) : undefined;
      if (older === undefined) throw error;
      return ask(tenantId, { ...request, to: inVersion(url, older) });
    }
  };
}
