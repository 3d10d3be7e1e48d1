import { Secret } from "../domain/secret.ts";
import type { Entra, PullToken } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { aadstsIn, busyEntra, failureOf, refused, transient, without, type Failure } from "./errors.ts";
import { claimsOf } from "./jwt.ts";

/** Source: learn.microsoft.com/entra/identity-platform/reference-error-codes */
const noPrincipal = new Set(["AADSTS700016", "AADSTS7000229", "AADSTS65001"]);
const discoveryTimeoutInMs = 10_000;

export function connectEntra(cloud: Cloud, credentials: Credentials): Entra {
  return {
    adminConsentUrl({ tenantId, clientId, redirectUri, state }) {
      const url = new URL(`${cloud.authorityUrl}/${encodeURIComponent(tenantId)}/v2.0/adminconsent`);
      url.searchParams.set("client_id", clientId);
      url.searchParams.set("scope", cloud.graphScope);
      url.searchParams.set("redirect_uri", redirectUri);
      url.searchParams.set("state", state);
      return url.href;
    },

    async pullToken(tenantId, clientId, secret) {
      const credential = await credentials.pullCredential(tenantId, clientId, secret);
      let token;
      try {
        token = await credential.getToken(cloud.registryScope);
      } catch (error) {
        return refusal(without(secret, failureOf(error)), cloud, tenantId);
      }
      return read(token?.token ?? "", tenantId);
    },
  };
}

/** The object id in the token is the service principal's in that tenant: how we learn it without any right there. */
async function read(token: string, tenantId: string): Promise<PullToken> {
  const claims = await claimsOf(token);
  const { tid, oid } = claims ?? {};
  if (typeof tid !== "string" || tid.toLowerCase() !== tenantId.toLowerCase()) {
    return { outcome: "refused", code: "OtherTenant", detail: "Entra issued the token for another tenant than asked." };
  }
  if (typeof oid !== "string") {
    return { outcome: "noPrincipal", code: "NoObjectId", detail: "The token names no service principal." };
  }
  return { outcome: "issued", token: new Secret(token), tenantId: tid, objectId: oid };
}

async function refusal(failure: Failure, cloud: Cloud, tenantId: string): Promise<PullToken> {
  const { code } = failure;
  if (noPrincipal.has(code)) return refused("noPrincipal", failure);
  if (code === "AADSTS7000215") return refused("secretRefused", failure);
  if (code === "AADSTS7000222") return refused("secretExpired", failure);
  const what = `get a token of tenant ${tenantId}`;
  if (busyEntra.has(code)) throw transient(failure, what);
  if (aadstsIn(code)) return refused("refused", failure);
  // MSAL hides why it found no metadata: ask once more, to tell an unknown tenant from a bad connection.
  const unknown = await unknownTenant(cloud, tenantId);
  if (unknown) return refused("refused", unknown);
  throw transient(failure, what);
}

async function unknownTenant(cloud: Cloud, tenantId: string): Promise<Failure | undefined> {
  const address = `${cloud.authorityUrl}/${encodeURIComponent(tenantId)}/v2.0/.well-known/openid-configuration`;
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(discoveryTimeoutInMs), redirect: "error" });
    if (answer.status !== 400 && answer.status !== 404) return undefined;
    const text = await answer.text();
    const code = aadstsIn(text);
    return code ? { status: answer.status, code, detail: `The tenant ${tenantId} is not known to Entra.` } : undefined;
  } catch {
    return undefined;
  }
}
