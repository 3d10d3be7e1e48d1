import type { Clock } from "../kit/contract.ts";
import type { Tenants } from "./directory.ts";
import { refusal, type Declined } from "./refusals.ts";
import type { Application, FederatedCredential, ServicePrincipal } from "./state.ts";
import { unverifiedClaims, type TokenSigner } from "./tokens.ts";

export type Client =
  { readonly outcome: "ok"; readonly tenantId: string; readonly principal: ServicePrincipal } | Declined;

type Found =
  | {
      readonly outcome: "found";
      readonly tenantId: string;
      readonly application: Application;
      principal: ServicePrincipal;
    }
  | Declined;

/** Who a client says it is, before it proves it. The order of refusals is Entra's as far as known: see README.md. */
function findClient(tenants: Tenants, tenant: string, clientId: string): Found {
  const directory = tenants.tenant(tenant);
  if (!directory) return refusal.tenantNotFound(tenant);
  const application = tenants.applicationByAppId(clientId);
  if (!application) return refusal.unknownApplication(clientId, directory.name);
  const principal = tenants.principalByAppId(directory.id, application.appId);
  if (!principal) {
    return application.signInAudience === "AzureADMyOrg" && application.tenantId !== directory.id
      ? refusal.unknownApplication(clientId, directory.name)
      : refusal.noServicePrincipal(application.appId, directory.id);
  }
  if (!principal.accountEnabled) return refusal.disabled(application.appId);
  return { outcome: "found", tenantId: directory.id, application, principal };
}

export function clientWithSecret(
  tenants: Tenants,
  clock: Clock,
  tenant: string,
  clientId: string,
  secret: string,
): Client {
  const found = findClient(tenants, tenant, clientId);
  if (found.outcome === "refused") return found;
  const { tenantId, application, principal } = found;
  const now = clock.now();
  const password = application.passwords.find(({ value, acceptedFrom }) => value === secret && now >= acceptedFrom);
  if (!password) return refusal.wrongSecret(application.appId);
  if (Date.parse(password.endDateTime) <= now) return refusal.expiredSecret(application.appId);
  if (Date.parse(password.startDateTime) > now + toleratedSkewInMs) return refusal.wrongSecret(application.appId);
  return { outcome: "ok", tenantId, principal };
}

/** A federated credential: the assertion is a token of this cloud for the exchange audience. */
export async function clientWithAssertion(
  tenants: Tenants,
  signer: TokenSigner,
  clock: Clock,
  tenant: string,
  clientId: string,
  assertion: string,
): Promise<Client> {
  const found = findClient(tenants, tenant, clientId);
  if (found.outcome === "refused") return found;
  const claimed = unverifiedClaims(assertion);
  if (!claimed) return refusal.badAssertion();
  const { iss = "", sub = "", aud = "" } = claimed;
  const declined = trusted(found.application.federatedCredentials, iss, sub, String(aud));
  if (declined) return declined;
  if (!(await signer.check(assertion))) {
    const isOver = (claimed.exp ?? 0) * 1000 <= clock.now();
    return isOver ? refusal.assertionExpired() : refusal.badSignature();
  }
  return { outcome: "ok", tenantId: found.tenantId, principal: found.principal };
}

/** Issuer, subject and audience must all be those of one credential, letter for letter. */
function trusted(
  credentials: readonly FederatedCredential[],
  issuer: string,
  subject: string,
  audience: string,
): Declined | undefined {
  const ofIssuer = credentials.filter((one) => one.issuer === issuer);
  if (ofIssuer.length === 0) return refusal.noTrustedIssuer(issuer);
  const ofSubject = ofIssuer.filter((one) => one.subject === subject);
  if (ofSubject.length === 0) return refusal.noTrustedSubject(subject);
  const ofAudience = ofSubject.filter(({ audiences }) => audiences.includes(audience));
  return ofAudience.length === 0 ? refusal.noTrustedAudience(audience) : undefined;
}

const toleratedSkewInMs = 5 * 60_000;
