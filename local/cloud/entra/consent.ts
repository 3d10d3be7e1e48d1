import type { Call, Reply, Route } from "../kit/contract.ts";
import { html, page } from "../kit/html.ts";
import { choicePage, consentPage, refusedPage } from "./consentPages.ts";
import { same, type Tenants } from "./directory.ts";
import { refusal, type Declined } from "./refusals.ts";
import type { Application } from "./state.ts";
import type { TokenNeeds } from "./tokenRoutes.ts";

/** A request for an administrator's consent, found to be in order. */
interface Asked {
  readonly version: 1 | 2;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly application: Application;
  readonly redirectUri: string;
  readonly scope: string;
  readonly state: string | undefined;
}

/** The admin-consent page of both versions: GET shows it, POST is its two buttons. */
export function consentRoutes({ tenants, clock }: TokenNeeds): Route[] {
  const show = (version: 1 | 2) => (call: Call) => {
    const asked = askedIn(call, version, tenants);
    if (asked === "choose") return choicePage(call.url, tenants.tenants);
    return "outcome" in asked ? refusedPage(asked, clock.now()) : consentPage(asked, formTarget(call.url));
  };
  const decide = (version: 1 | 2) => (call: Call) => {
    const asked = askedIn(call, version, tenants);
    if (asked === "choose") return choicePage(call.url, tenants.tenants);
    if ("outcome" in asked) return refusedPage(asked, clock.now());
    const decision = new URLSearchParams(call.body).get("decision");
    if (decision === "accept") return redirect(accept(tenants, asked));
    if (decision === "cancel") return redirect(deny(asked));
    return { status: 400, ...page("Bad request", html`<main class="narrow"><h1>Choose Accept or Cancel.</h1></main>`) };
  };
  const paths = { 1: "/:tenant/adminconsent", 2: "/:tenant/v2.0/adminconsent" } as const;
  return ([1, 2] as const).flatMap((version): Route[] => [
    { method: "GET", path: paths[version], operation: `AdminConsent_V${version}`, handle: show(version) },
    { method: "POST", path: paths[version], operation: `AdminConsent_V${version}_Decide`, handle: decide(version) },
  ]);
}

/** The redirect of an accepted consent, whose effect has taken place when this returns. */
function accept(tenants: Tenants, asked: Asked): string {
  tenants.grant(asked.tenantId, asked.application);
  const { state, tenantId, scope } = asked;
  return asked.version === 2
    ? withQuery(asked.redirectUri, { admin_consent: "True", tenant: tenantId, scope, state })
    : withQuery(asked.redirectUri, { tenant: tenantId, state, admin_consent: "True" });
}

/** As documented: the first version gives no state back, the second says `admin_consent=True` even now. */
function deny({ version, redirectUri, state }: Asked): string {
  if (version === 1)
    return withQuery(redirectUri, {
      error: "permission_denied",
      error_description: "The admin canceled the request",
    });
  return withQuery(redirectUri, {
    admin_consent: "True",
    error: "consent_required",
    error_description: "AADSTS65004: The resource owner or authorization server denied the request.",
    state,
  });
}

function askedIn(call: Call, version: 1 | 2, tenants: Tenants): Asked | Declined | "choose" {
  const asked = call.params["tenant"] ?? "";
  const clientId = call.query("client_id");
  if (!clientId) return refusal.missingParameter("client_id");
  const application = tenants.applicationByAppId(clientId);
  const shared = ["common", "organizations"].some((name) => same(name, asked));
  const tenant = tenants.tenant(asked);
  if (!tenant && !shared) return refusal.tenantNotFound(asked);
  if (!application) return refusal.unknownApplication(clientId, tenant?.name ?? asked);
  if (application.signInAudience === "AzureADMyOrg" && application.tenantId !== tenant?.id)
    return refusal.notMultitenant(application.appId);
  const redirectUri = call.query("redirect_uri");
  if (!redirectUri) return refusal.missingParameter("redirect_uri");
  if (!application.redirectUris.includes(redirectUri)) return refusal.wrongRedirect(redirectUri, application.appId);
  const scope = call.query("scope") ?? "";
  if (version === 2 && !scope) return refusal.missingParameter("scope");
  if (!tenant) return "choose";
  const { id: tenantId, name: tenantName } = tenant;
  return { version, tenantId, tenantName, application, redirectUri, scope, state: call.query("state") };
}

/** The form posts to the address it was shown at: everything asked for stays in the query. */
function formTarget(url: URL): string {
  return `${url.pathname}${url.search}`;
}

function redirect(location: string): Reply {
  return { status: 302, headers: { location, "cache-control": "no-store" } };
}

function withQuery(address: string, values: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(values)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

/** What the control service does for a person: the page's decision without a browser, or why there is none. */
export function decideConsent(
  tenants: Tenants,
  tenantId: string,
  clientId: string,
  accepted: boolean,
): { readonly accepted: boolean; readonly servicePrincipalId?: string } | Declined {
  const tenant = tenants.tenant(tenantId);
  if (!tenant) return refusal.tenantNotFound(tenantId);
  const application = tenants.applicationByAppId(clientId);
  if (!application) return refusal.unknownApplication(clientId, tenant.name);
  if (application.signInAudience === "AzureADMyOrg" && application.tenantId !== tenant.id)
    return refusal.notMultitenant(application.appId);
  if (!accepted) return { accepted: false };
  tenants.grant(tenant.id, application);
  const principal = tenants.principalByAppId(tenant.id, application.appId);
  return { accepted: true, ...(principal && { servicePrincipalId: principal.id }) };
}
