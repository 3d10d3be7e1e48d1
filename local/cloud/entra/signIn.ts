import type { Replicas } from "../consistency/replicas.ts";
import type { Clock } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import type { Tenants } from "./directory.ts";
import { passwordBehind } from "./passwords.ts";
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
      readonly principal: ServicePrincipal;
    }
  | Declined;

export interface SignInNeeds {
  readonly tenants: Tenants;
  readonly clock: Clock;
  readonly replicas: Replicas;
  readonly life: Life;
  /** Who asks, for the replicas: token endpoint or data plane, in which tenant. */
  readonly asker: string;
}

/** Who a client says it is, before it proves it. The order of refusals is Entra's as far as known: see README.md. */
function findClient(needs: SignInNeeds, tenant: string, clientId: string): Found {
  const directory = needs.tenants.tenant(tenant);
  if (!directory) return refusal.tenantNotFound(tenant);
  const application = applicationSeen(needs, clientId);
  if (!application) return refusal.unknownApplication(clientId, directory.name);
  const isForeign = application.tenantId !== directory.id;
  const admitsItsOwnAlone = isForeign && application.signInAudience === "AzureADMyOrg";
  const principal = principalSeen(needs, directory.id, application);
  if (!principal)
    return admitsItsOwnAlone || (isForeign && saysUnknown(needs, application))
      ? refusal.unknownApplication(clientId, directory.name)
      : refusal.noServicePrincipal(application.appId, directory.id);
  if (admitsItsOwnAlone && needs.life.on("audienceAtSignIn")) {
    needs.life.strike("audienceAtSignIn");
    return refusal.unknownApplication(clientId, directory.name);
  }
  if (
    !principal.accountEnabled &&
    needs.replicas.know("principalRemoval", principal.id, principal.enabledChangedAt ?? 0, needs.asker)
  )
    return refusal.disabled(application.appId);
  return { outcome: "found", tenantId: directory.id, application, principal };
}

function applicationSeen({ tenants, replicas, asker }: SignInNeeds, appId: string): Application | undefined {
  const found = tenants.applicationByAppId(appId);
  if (found)
    return replicas.know("applicationAtSignIn", found.id, Date.parse(found.createdDateTime), asker) ? found : undefined;
  const deleted = tenants.lastDeletedApplication(appId);
  const lingers = deleted && !replicas.know("principalRemoval", deleted.object.id, deleted.deletedAt, asker);
  return lingers ? deleted.object : undefined;
}

function principalSeen(
  { tenants, replicas, asker }: SignInNeeds,
  tenantId: string,
  { appId }: Application,
): ServicePrincipal | undefined {
  const found = tenants.principalByAppId(tenantId, appId);
  if (found) {
    const since = Date.parse(found.createdDateTime);
    const isConsentSeen = !found.fromConsent || replicas.know("consent", found.id, since, asker);
    return isConsentSeen && replicas.know("principalAtSignIn", found.id, since, asker) ? found : undefined;
  }
  const deleted = tenants.lastDeletedPrincipal(tenantId, appId);
  const lingers = deleted && !replicas.know("principalRemoval", deleted.object.id, deleted.deletedAt, asker);
  return lingers ? deleted.object : undefined;
}

/** On a harsh cloud some replicas call an application unknown where others say that its service principal is missing. */
function saysUnknown({ life, clock }: SignInNeeds, { id }: Application): boolean {
  if (!life.on("newPrincipalsFlipAtSignIn")) return false;
  return life.chance("newPrincipalsFlipAtSignIn", `${id} ${Math.floor(clock.now() / 1000)}`) < 0.5;
}

export function clientWithSecret(needs: SignInNeeds, tenant: string, clientId: string, secret: string): Client {
  const found = findClient(needs, tenant, clientId);
  if (found.outcome === "refused") return found;
  const { tenantId, application, principal } = found;
  const now = needs.clock.now();
  const password = passwordBehind(secret, [application, principal], needs, now);
  if (!password) return refusal.wrongSecret(application.appId);
  if (Date.parse(password.endDateTime) <= now) return refusal.expiredSecret(application.appId);
  if (Date.parse(password.startDateTime) > now + toleratedSkewInMs) return refusal.wrongSecret(application.appId);
  return { outcome: "ok", tenantId, principal };
}

/** A federated credential: the assertion is a token of this cloud for the exchange audience. */
export async function clientWithAssertion(
  needs: SignInNeeds,
  signer: TokenSigner,
  tenant: string,
  clientId: string,
  assertion: string,
): Promise<Client> {
  const found = findClient(needs, tenant, clientId);
  if (found.outcome === "refused") return found;
  const claimed = unverifiedClaims(assertion);
  if (!claimed) return refusal.badAssertion();
  const { iss = "", sub = "", aud = "" } = claimed;
  const declined = trusted(found.application.federatedCredentials, iss, sub, String(aud));
  if (declined) return declined;
  if (!(await signer.check(assertion))) {
    const isOver = (claimed.exp ?? 0) * 1000 <= needs.clock.now();
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
