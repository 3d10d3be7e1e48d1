import type { Directory, Principal } from "../kit/contract.ts";
import { continuousCapability, issuers } from "./issue.ts";
import { withoutSlash } from "./resources.ts";
import { clientWithSecret } from "./signIn.ts";
import type { TokenNeeds } from "./tokenRoutes.ts";

/** Entra as the other services see it. */
export function directoryOver(needs: TokenNeeds): Directory {
  const { tenants, replicas, signer, clock, entraUrl } = needs;
  const issuer = issuers(entraUrl);
  const ownIssuers = new Set(tenants.tenants.flatMap(({ id }) => [issuer.v1(id), issuer.v2(id)]));
  return {
    verify: async (token, audiences) => {
      const claims = await signer.check(token);
      if (!claims || !ownIssuers.has(claims.iss ?? "")) return undefined;
      const audience = withoutSlash(String(claims.aud));
      if (!audiences.some((one) => withoutSlash(one) === audience)) return undefined;
      return principalFrom(claims, audience);
    },
    signIn: (tenantId, clientId, secret) => {
      const client = clientWithSecret({ ...needs, asker: `data plane ${tenantId}` }, tenantId, clientId, secret);
      if (client.outcome === "refused") {
        const { aadsts, error, message } = client;
        return { outcome: "refused", aadsts, error, message };
      }
      const { principal } = client;
      const roles = principal.appRoles.map(({ value }) => value);
      const { id: objectId, appId } = principal;
      return { outcome: "ok", principal: { tenantId: client.tenantId, objectId, appId, roles, audience: "" } };
    },
    knowsPrincipal: (tenantId, objectId) => {
      if (tenants.groupById(objectId)?.tenantId === tenantId) return true;
      const principal = tenants.principalById(objectId);
      if (principal?.tenantId !== tenantId || clock.now() < principal.knownFrom) return false;
      return replicas.know("principalInRoles", principal.id, Date.parse(principal.createdDateTime));
    },
    principalType: (tenantId, objectId) => {
      if (tenants.principalById(objectId)?.tenantId === tenantId) return "ServicePrincipal";
      return tenants.groupById(objectId)?.tenantId === tenantId ? "Group" : undefined;
    },
    principalOf: (tenantId, clientId) => {
      const found = tenants.principalByAppId(tenantId, clientId);
      return found && { objectId: found.id, since: Date.parse(found.createdDateTime) };
    },
    putManagedIdentity: (tenantId, objectId, name) => tenants.putManagedIdentity(tenantId, objectId, name),
    memberOf: (objectId) => tenants.groupsOf(objectId).map(({ id }) => id),
  };
}

function principalFrom(claims: Readonly<Record<string, unknown>>, audience: string): Principal {
  const text = (name: string): string => (typeof claims[name] === "string" ? claims[name] : "");
  const roles = Array.isArray(claims["roles"]) ? claims["roles"].map(String) : [];
  const isContinuous = Array.isArray(claims["xms_cc"]) && claims["xms_cc"].includes(continuousCapability);
  return {
    tenantId: text("tid"),
    objectId: text("oid"),
    appId: text("appid") || text("azp"),
    roles,
    audience,
    ...(isContinuous && { continuousSince: Number(claims["iat"]) }),
  };
}
