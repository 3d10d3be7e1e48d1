import type { Call } from "../kit/contract.ts";
import type { Tenants } from "./directory.ts";
import { same } from "./held.ts";
import { refusal, type Declined } from "./refusals.ts";
import type { Application } from "./state.ts";

/** The two admin-consent links, and the sign-in link of the first version, at which an administrator consents too. */
export type Link = "adminConsentV1" | "adminConsentV2" | "authorizeV1";

/** A request for an administrator's consent, found to be in order. */
export interface Asked {
  readonly link: Link;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly application: Application;
  readonly redirectUri: string;
  readonly scope: string;
  readonly state: string | undefined;
}

/** `choose`: of no tenant in particular. */
export function askedIn(call: Call, link: Link, tenants: Tenants): Asked | Declined | "choose" {
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
  const refused = refusedLink(call, link, scope);
  if (refused) return refused;
  if (!tenant) return "choose";
  const { id: tenantId, name: tenantName } = tenant;
  return { link, tenantId, tenantName, application, redirectUri, scope, state: call.query("state") };
}

function refusedLink(call: Call, link: Link, scope: string): Declined | undefined {
  if (link === "adminConsentV2" && !scope) return refusal.missingParameter("scope");
  if (link !== "authorizeV1") return undefined;
  const type = call.query("response_type");
  if (!type) return refusal.missingParameter("response_type");
  return type === "code" ? undefined : refusal.unsupportedResponse(type);
}
