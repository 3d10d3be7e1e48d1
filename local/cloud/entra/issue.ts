import type { Clock } from "../kit/contract.ts";
import type { Resource } from "./resources.ts";
import type { ManagedIdentity, ServicePrincipal } from "./state.ts";
import type { TokenSigner } from "./tokens.ts";

/** How long an app-only token lives; in life 60 to 90 minutes. */
export const tokenLifetimeInSeconds = 3600;

/** Issuers of both token versions. `entraUrl` is the authority host, without a slash at the end. */
export function issuers(entraUrl: string): { v1(tenantId: string): string; v2(tenantId: string): string } {
  return {
    v1: (tenantId) => `https://sts.windows.net/${tenantId}/`,
    v2: (tenantId) => `${entraUrl}/${tenantId}/v2.0`,
  };
}

interface Issued {
  readonly token: string;
  /** Seconds since the epoch. */
  readonly expiresOn: number;
}

/** An app-only access token, with the claims of its resource's token version. */
export async function issueToken(
  signer: TokenSigner,
  clock: Clock,
  entraUrl: string,
  principal: ServicePrincipal,
  resource: Resource,
  identity?: ManagedIdentity,
): Promise<Issued> {
  const { tenantId, appId, id } = principal;
  const now = Math.floor(clock.now() / 1000);
  const expiresOn = now + tokenLifetimeInSeconds;
  const roles = principal.appRoles.filter((role) => role.resourceAppId === resource.appId).map(({ value }) => value);
  const isVersion2 = resource.tokenVersion === 2;
  const issuer = issuers(entraUrl)[isVersion2 ? "v2" : "v1"](tenantId);
  const claims = {
    aud: resource.audience,
    iss: issuer,
    iat: now,
    nbf: now,
    exp: expiresOn,
    ...(isVersion2
      ? { azp: appId, azpacr: identity ? "2" : "1" }
      : { appid: appId, appidacr: identity ? "2" : "1", idp: issuer }),
    idtyp: "app",
    oid: id,
    ...(roles.length > 0 && { roles }),
    sub: id,
    tid: tenantId,
    ver: isVersion2 ? "2.0" : "1.0",
    ...(identity && { xms_mirid: identity.resourceId }),
  };
  return { token: await signer.sign(claims), expiresOn };
}
