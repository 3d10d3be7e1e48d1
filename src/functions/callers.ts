import { InputError, TransientError } from "../domain/errors.ts";
import { issuersOf } from "./issuers.ts";

export type AppRole = "Crosspull.Reader" | "Crosspull.Operator";

/** Whose tokens are accepted: issued by one tenant, for one audience. */
export type CallerSettings = { readonly authorityUrl: string; readonly tenantId: string; readonly audience: string };

export interface Callers {
  /** Throws an InputError unless the header carries a valid token with the role (an operator may also read). */
  require(role: AppRole, authorization: string | null): Promise<void>;
}

/** Clocks of two machines may differ by this much. */
const clockToleranceInSeconds = 60;
/** jose's words for a key endpoint that did not answer, or not with keys: nothing the caller's token could change. */
const keyEndpointFaults = new Set(["ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID", "ERR_JOSE_GENERIC"]);

/** Verifies bearer tokens with the tenant's published keys, both token versions of Entra. */
export async function connectCallers({ authorityUrl, tenantId, audience }: CallerSettings): Promise<Callers> {
  const jose = await import("jose");
  const authority = authorityUrl.replace(/\/$/, "");
  const keys = jose.createRemoteJWKSet(new URL(`${authority}/${tenantId}/discovery/v2.0/keys`));
  const issuers = issuersOf(authority, tenantId);
  const audiences = [audience, audience.replace(/^api:\/\//, "")];

  const claimsOf = async (token: string): Promise<Readonly<Record<string, unknown>>> => {
    const issuer = [...(await issuers())];
    try {
      const { payload } = await jose.jwtVerify(token, keys, {
        issuer,
        audience: audiences,
        algorithms: ["RS256"],
        requiredClaims: ["exp"],
        clockTolerance: clockToleranceInSeconds,
      });
      return payload;
    } catch (error) {
      const code = error instanceof jose.errors.JOSEError ? error.code : undefined;
      if (code === undefined || keyEndpointFaults.has(code)) {
        throw new TransientError(`could not read the keys of tenant ${tenantId} now: ${code ?? "no answer"}`);
      }
      // Reasons are jose's own short codes, with the claim that is not as it should be.
      const claim = error instanceof jose.errors.JWTClaimValidationFailed ? ` (${error.claim})` : "";
      throw new InputError("CP-UNAUTHENTICATED", `the token was refused: ${code}${claim}`);
    }
  };
  return {
    async require(role, authorization) {
      const { tid, roles } = await claimsOf(tokenIn(authorization));
      if (typeof tid !== "string" || tid.toLowerCase() !== tenantId.toLowerCase())
        throw new InputError("CP-UNAUTHENTICATED", "the token was refused: it is of another tenant");
      const enough = role === "Crosspull.Reader" ? ["Crosspull.Reader", "Crosspull.Operator"] : [role];
      const held: readonly unknown[] = Array.isArray(roles) ? roles : [];
      if (!held.some((one) => typeof one === "string" && enough.includes(one)))
        throw new InputError("CP-FORBIDDEN", `this request needs the app role ${role}`);
    },
  };
}

function tokenIn(authorization: string | null): string {
  const [, token = ""] = /^Bearer\s+(.*)$/i.exec(authorization?.trim() ?? "") ?? [];
  if (token === "") throw new InputError("CP-UNAUTHENTICATED", "there is no bearer token in the Authorization header");
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token))
    throw new InputError("CP-UNAUTHENTICATED", "the bearer token in the Authorization header is malformed: no JWT");
  return token;
}
