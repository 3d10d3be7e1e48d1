import type { Principal, Reply } from "../kit/contract.ts";
import { graphAppId } from "../entra/permissions.ts";
import type { GraphNeeds } from "./needs.ts";

/** Did the access behind a token that may be challenged end, or was it interrupted, since the token was issued? */
export function hasEnded({ objectId, continuousSince }: Principal, { tenants, life }: GraphNeeds): boolean {
  if (continuousSince === undefined || !life.on("continuousAccess")) return false;
  const current = tenants.principalById(objectId);
  if (!current?.accountEnabled) return true;
  return Math.floor((current.enabledChangedAt ?? 0) / 1000) > continuousSince;
}

/** The client is to ask for a new token with these claims, and to come again with it. */
export function challenged({ error, entraUrl, life, clock }: GraphNeeds): Reply {
  life.strike("continuousAccess");
  const refused = error(
    401,
    "InvalidAuthenticationToken",
    "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
  );
  const nbf = { essential: true, value: String(Math.floor(clock.now() / 1000)) };
  const claims = Buffer.from(JSON.stringify({ access_token: { nbf } })).toString("base64");
  const challenge =
    `Bearer realm="", authorization_uri="${entraUrl}/common/oauth2/authorize", client_id="${graphAppId}", ` +
    `error="insufficient_claims", claims="${claims}"`;
  return { ...refused, headers: { ...refused.headers, "www-authenticate": challenge } };
}
