import type { IdMaker } from "../kit/ids.ts";
import type { Asked } from "./consentAsked.ts";
import { nameOf } from "./held.ts";

/** Where a browser goes back to once consent was given. The code of a sign-in link is good for nothing here. */
export function acceptedAddress(
  { link, redirectUri, tenantId, scope, state, application }: Asked,
  ids: IdMaker,
): string {
  if (link === "adminConsentV2")
    return withQuery(redirectUri, { admin_consent: "True", tenant: tenantId, scope, state });
  if (link === "adminConsentV1") return withQuery(redirectUri, { tenant: tenantId, state, admin_consent: "True" });
  const name = `${tenantId} ${nameOf(application)}`;
  const code = `0.A${Buffer.from(ids.next("code", name) + ids.next("code", name)).toString("base64url")}`;
  return withQuery(redirectUri, { code, state, session_state: ids.next("session", name) });
}

/** As documented: the first version gives no state back, the second says `admin_consent=True` even now. */
export function declinedAddress({ link, redirectUri, state }: Asked): string {
  if (link === "adminConsentV1")
    return withQuery(redirectUri, {
      error: "permission_denied",
      error_description: "The admin canceled the request",
    });
  if (link === "authorizeV1") return withQuery(redirectUri, { error: "access_denied", ...cancelled, state });
  return withQuery(redirectUri, {
    admin_consent: "True",
    error: "consent_required",
    error_description: cancelled.error_description,
    state,
  });
}

/** As seen: whoever sits there and cancels is told apart, and the state comes back whatever the link. */
export function cancelledAddress({ link, redirectUri, state }: Asked): string {
  return withQuery(redirectUri, {
    ...(link === "adminConsentV2" && { admin_consent: "True" }),
    error: link === "adminConsentV2" ? "consent_required" : "access_denied",
    ...cancelled,
    state,
  });
}

const cancelled = {
  error_subcode: "cancel",
  error_description: "AADSTS65004: The resource owner or authorization server denied the request.",
};

/** Somebody of another company, whom this tenant does not know. */
export function guestAddress(asked: Asked): string {
  const { appId, displayName } = asked.application;
  return refusedAddress(
    asked,
    `AADSTS50020: User account 'guest@elsewhere.example' from identity provider 'live.com' does not exist in tenant ` +
      `'${asked.tenantName}' and cannot access the application '${appId}'(${displayName}) in that tenant. The account ` +
      "needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure " +
      "Active Directory user account.",
  );
}

/** Somebody who may not consent, and went back. */
export function withoutRightAddress(asked: Asked): string {
  return refusedAddress(asked, "AADSTS90094: The grant requires admin permission.");
}

function refusedAddress({ link, redirectUri, state }: Asked, description: string): string {
  return withQuery(redirectUri, {
    ...(link === "adminConsentV2" && { admin_consent: "True" }),
    error: "access_denied",
    error_description: description,
    state,
  });
}

function withQuery(address: string, values: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(values)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}
