import { join } from "node:path";
import type { Estate } from "../estates/estate.ts";
import type { Clock, Directory, Principal, Service, Timings } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { Life } from "../kit/life.ts";
import type { Replicas } from "../consistency/replicas.ts";
import { asSignInSees } from "../consistency/tenants.ts";
import { consentRoutes } from "./consent.ts";
import { tenantsOver, type Tenants } from "./directory.ts";
import { issuers } from "./issue.ts";
import { declinedReply, refusal } from "./refusals.ts";
import { withoutSlash, type OwnAddresses } from "./resources.ts";
import { clientWithSecret } from "./signIn.ts";
import { stateFrom } from "./fromEstate.ts";
import { tokenRoutes } from "./tokenRoutes.ts";
import { tokenSigner, type TokenSigner } from "./tokens.ts";

export interface EntraOptions {
  readonly estate: Estate;
  readonly clock: Clock;
  readonly timings: Timings;
  /** Where the signing key is kept. */
  readonly folder: string;
  readonly entraUrl: string;
  readonly own: OwnAddresses;
  readonly replicas: Replicas;
  readonly life: Life;
  readonly ids: IdMaker;
}

export interface Entra {
  readonly service: Service;
  readonly directory: Directory;
  readonly tenants: Tenants;
  readonly signer: TokenSigner;
}

export function createEntra({
  estate,
  clock,
  timings,
  folder,
  entraUrl,
  own,
  replicas,
  life,
  ids,
}: EntraOptions): Entra {
  const issuer = issuers(entraUrl);
  const tenants = tenantsOver(() => stateFrom(estate, clock.now(), (id) => issuer.v2(id)), clock, timings);
  const signer = tokenSigner(join(folder, "token-key.pem"), clock);
  const seen = asSignInSees(tenants, replicas);
  const ownIssuers = new Set(tenants.tenants.flatMap(({ id }) => [issuer.v1(id), issuer.v2(id)]));

  const directory: Directory = {
    verify: async (token, audiences) => {
      const claims = await signer.check(token);
      if (!claims || !ownIssuers.has(claims.iss ?? "")) return undefined;
      const audience = withoutSlash(String(claims.aud));
      if (!audiences.some((one) => withoutSlash(one) === audience)) return undefined;
      return principalFrom(claims, audience);
    },
    signIn: (tenantId, clientId, secret) => {
      const client = clientWithSecret(seen, clock, tenantId, clientId, secret);
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
      const principal = seen.principalById(objectId);
      return principal?.tenantId === tenantId && clock.now() >= principal.knownFrom;
    },
    principalType: (tenantId, objectId) => {
      if (tenants.principalById(objectId)?.tenantId === tenantId) return "ServicePrincipal";
      return tenants.groupById(objectId)?.tenantId === tenantId ? "Group" : undefined;
    },
    memberOf: (objectId) => tenants.groupsOf(objectId).map(({ id }) => id),
  };
  const needs = { tenants, signer, clock, entraUrl, own, life, ids };
  const routes = [...tokenRoutes({ ...needs, tenants: seen }), ...consentRoutes(needs)];
  return { directory, tenants, signer, service: entraService(routes, clock, tenants) };
}

function entraService(routes: Service["routes"], clock: Clock, tenants: Tenants): Service {
  return {
    name: "entra",
    routes,
    about: ({ params }) => ({ tenantId: tenants.tenant(params["tenant"] ?? "")?.id }),
    bodyLimitInBytes: 256 * 1024,
    unknown: () => ({ status: 404, headers: { "content-type": "text/html; charset=utf-8" }, body: "" }),
    tooLarge: () => declinedReply({ ...refusal.missingParameter("grant_type"), status: 413 }, clock.now(), undefined),
    broken: () =>
      declinedReply(
        { aadsts: 90033, error: "temporarily_unavailable", status: 500, message: transientMessage },
        clock.now(),
        undefined,
      ),
  };
}

const transientMessage = "AADSTS90033: A transient error has occurred. Please try again.";

function principalFrom(claims: Readonly<Record<string, unknown>>, audience: string): Principal {
  const text = (name: string): string => (typeof claims[name] === "string" ? claims[name] : "");
  const roles = Array.isArray(claims["roles"]) ? claims["roles"].map(String) : [];
  return { tenantId: text("tid"), objectId: text("oid"), appId: text("appid") || text("azp"), roles, audience };
}
