import { randomUUID } from "node:crypto";
import { issueToken } from "../entra/issue.ts";
import { tokenCache, type TokenCache } from "./cache.ts";
import { same } from "../entra/held.ts";
import { resourceNamed, type Resource } from "../entra/resources.ts";
import type { TokenNeeds } from "../entra/tokenRoutes.ts";
import type { Call, Reply, Route, Service } from "../kit/contract.ts";

export interface IdentityEndpoint {
  readonly service: Service;
  /** What callers send as `X-IDENTITY-HEADER`. */
  readonly secretHeader: string;
}

/**
 * The managed identity endpoint as App Service and Functions offer it: plain HTTP on the machine itself.
 * Source: learn.microsoft.com/azure/app-service/overview-managed-identity (REST endpoint reference).
 */
export function createIdentity(needs: TokenNeeds): IdentityEndpoint {
  const secretHeader = randomUUID();
  const cached = tokenCache(needs);
  const route: Route = {
    method: "GET",
    path: "/msi/token",
    operation: "AppService_Token",
    handle: (call) =>
      call.header("x-identity-header") === secretHeader ? token(call, needs, cached) : refused(401, "Unauthorized"),
  };
  return {
    secretHeader,
    service: {
      name: "identity",
      routes: [route],
      bodyLimitInBytes: 64 * 1024,
      unknown: () => refused(404, "NotFound"),
      broken: () => refused(500, "InternalServerError"),
    },
  };
}

async function token(call: Call, needs: TokenNeeds, cached: TokenCache): Promise<Reply> {
  const { tenants } = needs;
  if (call.query("api-version") !== "2019-08-01") return refused(400, "UnsupportedApiVersion");
  const wanted = call.query("resource");
  if (!wanted) return refused(400, "The parameter resource is required");
  const clientId = call.query("client_id");
  const objectId = call.query("principal_id") ?? call.query("object_id");
  const resourceId = call.query("mi_res_id");
  // Several parameters would have to agree; one identity without any is the App Service's only one.
  const identity = tenants.managedIdentities.find(
    (one) =>
      (clientId === undefined || same(one.clientId, clientId)) &&
      (objectId === undefined || same(one.objectId, objectId)) &&
      (resourceId === undefined || same(one.resourceId, resourceId)),
  );
  const principal = identity && tenants.principalById(identity.objectId);
  if (!principal)
    return refused(
      400,
      "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
    );
  const resource = exchangeAudience(wanted) ?? resourceNamed(wanted, principal.tenantId, needs);
  if (!resource) return refused(400, `The resource principal named ${wanted} was not found in the tenant.`);
  const isContinuous = call.query("xms_cc")?.includes("cp1") ?? false;
  const issued = await cached(principal, wanted, () =>
    issueToken(needs, { principal, resource, identity, isContinuous }),
  );
  return {
    status: 200,
    body: {
      access_token: issued.token,
      expires_on: String(issued.expiresOn),
      resource: wanted,
      token_type: "Bearer",
      client_id: identity.clientId,
    },
  };
}

/** Tokens for exchange are v2 tokens: their issuer is the one federated credentials name. */
function exchangeAudience(wanted: string): Resource | undefined {
  return same(wanted, "api://AzureADTokenExchange")
    ? { audience: "api://AzureADTokenExchange", tokenVersion: 2 }
    : undefined;
}

function refused(statusCode: number, message: string): Reply {
  return { status: statusCode, body: { statusCode, message, correlationId: randomUUID() } };
}
