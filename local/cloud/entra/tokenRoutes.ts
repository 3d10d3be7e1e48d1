import { z } from "zod";
import type { Call, Clock, Reply, Route } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { Life } from "../kit/life.ts";
import type { Tenants } from "./directory.ts";
import { same } from "./held.ts";
import { continuousCapability, issueToken, issuers } from "./issue.ts";
import { declinedReply, refusal, type Declined } from "./refusals.ts";
import { resourceNamed, type OwnAddresses } from "./resources.ts";
import { clientWithAssertion, clientWithSecret, type Client } from "./signIn.ts";
import type { TokenSigner } from "./tokens.ts";
import type { Replicas } from "../consistency/replicas.ts";

export interface TokenNeeds {
  readonly tenants: Tenants;
  readonly replicas: Replicas;
  readonly signer: TokenSigner;
  readonly clock: Clock;
  readonly entraUrl: string;
  readonly own: OwnAddresses;
  readonly life: Life;
  readonly ids: IdMaker;
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Token endpoints of both versions, OpenID metadata, keys and instance discovery. */
export function tokenRoutes(needs: TokenNeeds): Route[] {
  return [
    {
      method: "POST",
      path: "/:tenant/oauth2/v2.0/token",
      operation: "Token_V2",
      handle: (call) => token(call, needs, 2),
    },
    { method: "POST", path: "/:tenant/oauth2/token", operation: "Token_V1", handle: (call) => token(call, needs, 1) },
    {
      method: "GET",
      path: "/:tenant/v2.0/.well-known/openid-configuration",
      operation: "OpenIdConfiguration",
      handle: (call) => metadata(call, needs, 2),
    },
    {
      method: "GET",
      path: "/:tenant/.well-known/openid-configuration",
      operation: "OpenIdConfiguration",
      handle: (call) => metadata(call, needs, 1),
    },
    {
      method: "GET",
      path: "/:tenant/discovery/v2.0/keys",
      operation: "SigningKeys",
      handle: ({ params }) => ({
        status: 200,
        body: { keys: [{ ...needs.signer.publicKey, issuer: issuers(needs.entraUrl).v2(params["tenant"] ?? "") }] },
      }),
    },
    {
      method: "GET",
      path: "/common/discovery/instance",
      operation: "InstanceDiscovery",
      handle: () => instanceDiscovery(needs.entraUrl),
    },
  ];
}

async function token(call: Call, needs: TokenNeeds, version: 1 | 2): Promise<Reply> {
  const answer = await tokenFor(call, needs, version);
  if ("status" in answer && "outcome" in answer)
    return declinedReply(
      answer,
      needs.clock.now(),
      call.header("client-request-id") ?? call.query("client-request-id"),
    );
  return { status: 200, headers: { "cache-control": "no-store, no-cache", pragma: "no-cache" }, body: answer };
}

async function tokenFor(call: Call, needs: TokenNeeds, version: 1 | 2): Promise<Declined | object> {
  const { tenants } = needs;
  const form = new URLSearchParams(call.body);
  const grant = form.get("grant_type");
  if (!grant) return refusal.missingParameter("grant_type");
  if (grant !== "client_credentials") return refusal.unsupportedGrant(grant);
  const wanted = form.get(version === 2 ? "scope" : "resource");
  if (!wanted) return refusal.missingParameter(version === 2 ? "scope" : "resource");
  if (version === 2 && !wanted.endsWith("/.default")) return refusal.scopeNotDefault(wanted);
  const client = await clientOf(form, call.params["tenant"] ?? "", needs);
  if (client.outcome === "refused") return client;
  const { tenantId, principal } = client;
  const identifier = version === 2 ? wanted.slice(0, -"/.default".length) : wanted;
  const resource = resourceNamed(identifier, tenantId, needs);
  if (!resource) return refusal.unknownResource(identifier, tenants.tenant(tenantId)?.name ?? tenantId);
  const isContinuous = declaresContinuous(form.get("claims"));
  const { token, expiresOn, lifetimeInSeconds } = await issueToken(needs, { principal, resource, isContinuous });
  if (version === 2)
    return {
      token_type: "Bearer",
      expires_in: lifetimeInSeconds,
      ext_expires_in: lifetimeInSeconds,
      access_token: token,
    };
  return {
    token_type: "Bearer",
    expires_in: String(lifetimeInSeconds),
    ext_expires_in: String(lifetimeInSeconds),
    expires_on: String(expiresOn),
    not_before: String(expiresOn - lifetimeInSeconds),
    resource: wanted,
    access_token: token,
  };
}

const claimsAsked = z.looseObject({
  access_token: z.looseObject({ xms_cc: z.looseObject({ values: z.array(z.string()) }) }),
});

/** How a client says that it can answer a claims challenge: the capability `cp1` among the claims it asks for. */
function declaresContinuous(claims: string | null): boolean {
  try {
    const parsed = claimsAsked.safeParse(JSON.parse(claims ?? ""));
    return parsed.data?.access_token.xms_cc.values.includes(continuousCapability) ?? false;
  } catch {
    return false; // No JSON: Entra takes no notice of it here.
  }
}

async function clientOf(form: URLSearchParams, tenant: string, needs: TokenNeeds): Promise<Client> {
  const clientId = form.get("client_id");
  if (!clientId) return refusal.missingParameter("client_id");
  const asker = `token endpoint ${tenant}`;
  const assertion = form.get("client_assertion");
  if (assertion !== null) {
    if (form.get("client_assertion_type") !== assertionType) return refusal.missingParameter("client_assertion_type");
    return clientWithAssertion({ ...needs, asker }, needs.signer, tenant, clientId, assertion);
  }
  const secret = form.get("client_secret");
  return secret ? clientWithSecret({ ...needs, asker }, tenant, clientId, secret) : refusal.noCredential();
}

/** Of both versions: issuers and endpoints differ. */
function metadata(call: Call, { tenants, clock, entraUrl }: TokenNeeds, version: 1 | 2): Reply {
  const asked = call.params["tenant"] ?? "";
  const shared = ["common", "organizations"].some((name) => same(name, asked));
  const tenantId = tenants.tenant(asked)?.id ?? (shared ? asked : undefined);
  if (!tenantId) return declinedReply(refusal.tenantNotFound(asked), clock.now(), call.header("client-request-id"));
  const base = `${entraUrl}/${tenantId}`;
  const oauth2 = `${base}/oauth2${version === 2 ? "/v2.0" : ""}`;
  return {
    status: 200,
    body: {
      token_endpoint: `${oauth2}/token`,
      token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt"],
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_modes_supported: ["query", "fragment", "form_post"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["RS256"],
      response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
      scopes_supported: ["openid", "profile", "email", "offline_access"],
      issuer: issuers(entraUrl)[`v${version}`](shared ? "{tenantid}" : tenantId),
      request_uri_parameter_supported: false,
      authorization_endpoint: `${oauth2}/authorize`,
      claims_supported: ["sub", "iss", "aud", "exp", "iat", "nonce", "tid", "ver"],
      tenant_region_scope: "EU",
      cloud_instance_name: new URL(entraUrl).host,
    },
  };
}

function instanceDiscovery(entraUrl: string): Reply {
  const { host } = new URL(entraUrl);
  return {
    status: 200,
    body: {
      tenant_discovery_endpoint: `${entraUrl}/common/v2.0/.well-known/openid-configuration`,
      "api-version": "1.1",
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    },
  };
}
