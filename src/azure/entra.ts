import { randomUUID } from "node:crypto";
import type { TokenCredential } from "@azure/identity";
import { Secret } from "../domain/secret.ts";
import { asking } from "./asking.ts";
import type { ConsentRequest, Entra, PullToken } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { aadstsIn, refused } from "./errors.ts";
import { claimsOf } from "./jwt.ts";

/** Source: learn.microsoft.com/entra/identity-platform/reference-error-codes */
const outcomes: Readonly<Record<string, Exclude<PullToken["outcome"], "issued">>> = {
  AADSTS700016: "noPrincipal",
  AADSTS7000229: "noPrincipal",
  AADSTS65001: "noPrincipal",
  AADSTS7000215: "secretRefused",
  AADSTS7000222: "secretExpired",
  AADSTS500011: "noRegistryService",
  // The same resource, disabled there or never subscribed to.
  AADSTS50001: "noRegistryService",
  AADSTS500014: "noRegistryService",
  AADSTS650052: "noRegistryService",
};

export function connectEntra(cloud: Cloud, credentials: Credentials): Entra {
  return {
    adminConsentUrl: (request) => consentAddress(cloud, request, "v2.0/adminconsent", { scope: cloud.graphScope }),
    // Without `resource`: the page asks for what the application declares. Without `prompt`: who is signed in may go on.
    authorizeUrl: (request) => consentAddress(cloud, request, "oauth2/authorize", { response_type: "code" }),

    pullToken: (tenantId, clientId, secret) =>
      registryToken(cloud, tenantId, () => credentials.pullCredential(tenantId, clientId, secret), [secret]),

    async knowsApplication(tenantId, clientId) {
      const nobodys = new Secret(randomUUID());
      const connect = (): Promise<TokenCredential> => credentials.pullCredential(tenantId, clientId, nobodys);
      return applicationBy(await registryToken(cloud, tenantId, connect, [nobodys]));
    },

    ourToken: (tenantId) => registryToken(cloud, tenantId, () => credentials.credentialFor(tenantId), []),
  };
}

/** Whether the tenant knows the application: Entra looks for it before it looks at the secret. */
export function applicationBy({ outcome }: PullToken): "there" | "missing" | "unknown" {
  if (outcome === "noPrincipal") return "missing";
  return outcome === "issued" || outcome === "secretRefused" || outcome === "secretExpired" ? "there" : "unknown";
}

/** An app-only token for the container registry audience. */
function registryToken(
  cloud: Cloud,
  tenantId: string,
  connect: () => Promise<TokenCredential>,
  secrets: readonly Secret[],
): Promise<PullToken> {
  return asking(
    {
      what: `get a token of tenant ${tenantId}`,
      secrets,
      // The credential itself repeats, below MSAL.
      repeatable: false,
    },
    async (abortSignal) => {
      const token = await (await connect()).getToken(cloud.registryScope, { abortSignal });
      return read(token?.token ?? "", tenantId);
    },
    (failure) => (aadstsIn(failure.code) ? refused(outcomes[failure.code] ?? "refused", failure) : undefined),
  );
}

function consentAddress(
  { authorityUrl }: Cloud,
  { tenantId, clientId, redirectUri, state }: ConsentRequest,
  path: string,
  more: Readonly<Record<string, string>>,
): string {
  const url = new URL(`${authorityUrl}/${encodeURIComponent(tenantId)}/${path}`);
  const query = { client_id: clientId, ...more, redirect_uri: redirectUri, state };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
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
