import type { Call, Reply, Route } from "../kit/contract.ts";
import { html, page } from "../kit/html.ts";
import { approvalsOver, type Approvals } from "./approvals.ts";
import {
  acceptedAddress,
  cancelledAddress,
  declinedAddress,
  guestAddress,
  withoutRightAddress,
} from "./consentAnswers.ts";
import { accountIn, accountsOffered, switchBehind } from "./consentAccounts.ts";
import { askedIn, type Asked, type Link } from "./consentAsked.ts";
import { accountPage, approvalPage, choicePage, consentPage, refusedPage, requestedPage } from "./consentPages.ts";
import type { Tenants } from "./directory.ts";
import { refusal, type Declined } from "./refusals.ts";
import type { TokenNeeds } from "./tokenRoutes.ts";

interface Needs extends TokenNeeds {
  readonly approvals: Approvals;
}

const links: Readonly<Record<Link, { readonly path: string; readonly operation: string }>> = {
  adminConsentV1: { path: "/:tenant/adminconsent", operation: "AdminConsent_V1" },
  adminConsentV2: { path: "/:tenant/v2.0/adminconsent", operation: "AdminConsent_V2" },
  authorizeV1: { path: "/:tenant/oauth2/authorize", operation: "Authorize_V1" },
};

/** The consent page behind each link: GET shows it, POST is its buttons. */
export function consentRoutes(tokenNeeds: TokenNeeds): Route[] {
  const needs = { ...tokenNeeds, approvals: approvalsOver(tokenNeeds) };
  return (["adminConsentV1", "adminConsentV2", "authorizeV1"] as const).flatMap((link): Route[] => {
    const { path, operation } = links[link];
    return [
      { method: "GET", path, operation, handle: (call) => answered(call, link, needs, show) },
      { method: "POST", path, operation: `${operation}_Decide`, handle: (call) => answered(call, link, needs, decide) },
    ];
  });
}

function answered(
  call: Call,
  link: Link,
  needs: Needs,
  answer: (asked: Asked, call: Call, needs: Needs) => Reply,
): Reply {
  const asked = askedIn(call, link, needs.tenants);
  if (asked === "choose") return choicePage(call.url, needs.tenants.tenants);
  return "outcome" in asked ? refusedPage(asked, needs.clock.now()) : answer(asked, call, needs);
}

/** Somebody came: who is it? Where nobody asks, it is an administrator. */
function show(asked: Asked, call: Call, needs: Needs): Reply {
  const account = accountIn(call, needs.life);
  if (account !== "administrator") needs.life.strike(switchBehind(account, needs.life));
  switch (account) {
    case "unknown":
      return accountPage(asked, call.url, accountsOffered(needs.life));
    case "guest":
      return redirect(guestAddress(asked));
    case "user":
      return approvalPage(asked, formTarget(call.url));
    case "cancel":
      return redirect(cancelledAddress(asked));
    case "restricted":
      return refusedPage(refusal.tenantDenied(asked.tenantName), needs.clock.now());
    case "administrator":
      return isConsented(asked, call, needs.tenants)
        ? redirect(acceptedAddress(asked, needs.ids))
        : consentPage(asked, formTarget(call.url));
  }
}

function decide(asked: Asked, call: Call, needs: Needs): Reply {
  const account = accountIn(call, needs.life);
  const decision = new URLSearchParams(call.body).get("decision");
  if (account === "user") return decideAsUser(asked, decision, needs);
  if (account !== "administrator") return show(asked, call, needs);
  if (decision === "accept") {
    needs.tenants.grant(asked.tenantId, asked.application);
    return redirect(acceptedAddress(asked, needs.ids));
  }
  if (decision !== "cancel") return chooseAgain("Choose Accept or Cancel.");
  if (!needs.life.on("consentAsksWho")) return redirect(declinedAddress(asked));
  needs.life.strike("consentAsksWho");
  return redirect(cancelledAddress(asked));
}

function decideAsUser(asked: Asked, decision: string | null, { approvals, life }: Needs): Reply {
  if (decision !== "request" && decision !== "return") return chooseAgain("Ask for approval, or go back.");
  life.strike("consentAsksWho");
  if (decision === "return") return redirect(withoutRightAddress(asked));
  approvals.request(asked);
  return requestedPage(asked);
}

/** A sign-in link asks for consent only where there is none, unless it insists. */
function isConsented({ link, tenantId, application }: Asked, call: Call, tenants: Tenants): boolean {
  if (link !== "authorizeV1" || ["consent", "admin_consent"].includes(call.query("prompt") ?? "")) return false;
  return tenants.grants().some((grant) => grant.tenantId === tenantId && grant.appId === application.appId);
}

/** The form posts to the address it was shown at: everything asked for stays in the query. */
function formTarget(url: URL): string {
  return `${url.pathname}${url.search}`;
}

function redirect(location: string): Reply {
  return { status: 302, headers: { location, "cache-control": "no-store" } };
}

function chooseAgain(sentence: string): Reply {
  return { status: 400, ...page("Bad request", html`<main class="narrow"><h1>${sentence}</h1></main>`) };
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
