import type { Clock } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import { graphAppId } from "./permissions.ts";
import type { Resource } from "./resources.ts";
import type { ManagedIdentity, ServicePrincipal } from "./state.ts";
import type { TokenSigner } from "./tokens.ts";

/** How long an app-only token lives, unless life makes it longer. */
const plainLifetimeInSeconds = 3600;
const dayInSeconds = 86_400;

/** Issuers of both token versions. `entraUrl` is the authority host, without a slash at the end. */
export function issuers(entraUrl: string): { v1(tenantId: string): string; v2(tenantId: string): string } {
  return {
    v1: (tenantId) => `https://sts.windows.net/${tenantId}/`,
    v2: (tenantId) => `${entraUrl}/${tenantId}/v2.0`,
  };
}

export interface Issued {
  readonly token: string;
  /** Seconds since the epoch. */
  readonly expiresOn: number;
  readonly lifetimeInSeconds: number;
}

export interface IssueNeeds {
  readonly signer: TokenSigner;
  readonly clock: Clock;
  readonly entraUrl: string;
  readonly life: Life;
}

export interface TokenAsked {
  readonly principal: ServicePrincipal;
  readonly resource: Resource;
  readonly identity?: ManagedIdentity;
  /** The client can answer a claims challenge in the middle of a token's life: it declared `cp1`. */
  readonly isContinuous: boolean;
}

/** An app-only access token, with the claims of its resource's token version and the roles of this moment. */
export async function issueToken(needs: IssueNeeds, asked: TokenAsked): Promise<Issued> {
  const { signer, clock, entraUrl, life } = needs;
  const { principal, resource, identity } = asked;
  const { tenantId, appId, id } = principal;
  const now = Math.floor(clock.now() / 1000);
  const isContinuous = asked.isContinuous && resource.appId === graphAppId && life.on("continuousAccess");
  const lifetimeInSeconds = lifetime(life, { ...asked, isContinuous }, now);
  const expiresOn = now + lifetimeInSeconds;
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
    ...(isContinuous && { xms_cc: [continuousCapability] }),
  };
  return { token: await signer.sign(claims), expiresOn, lifetimeInSeconds };
}

export const continuousCapability = "cp1";

/** A managed identity's token lives a day, one that can be challenged a day and more, any other an hour and more. */
function lifetime(life: Life, { principal, resource, identity, isContinuous }: TokenAsked, now: number): number {
  // Not its audience: that names the port, which is another in each run.
  const asked = `${principal.tenantId} ${principal.displayName} ${resource.appId}`;
  const share = (name: string): number => life.chance(name, `${asked} ${now}`);
  if (isContinuous) {
    life.strikeOnce("continuousAccess", asked, now);
    return dayInSeconds + Math.floor(share("continuousAccess") * 4 * 3600);
  }
  if (!life.on("tokenLife")) return plainLifetimeInSeconds;
  life.strikeOnce("tokenLife", asked, now);
  return identity ? dayInSeconds : plainLifetimeInSeconds + Math.floor(share("tokenLife") * 1800);
}
