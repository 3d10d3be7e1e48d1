import type { ConsentState, ConsentStates } from "../activities/world.ts";
import type { Secret } from "../domain/secret.ts";

const purpose = "crosspull:consent";

/** `state` as a JSON Web Token (HS256): nobody else can make one, and it ends with the consent link. */
export function consentStates(signingKey: Secret): ConsentStates {
  const key = new TextEncoder().encode(signingKey.reveal());
  return {
    async issue({ linkId, tenantId, nonce }, expiresAt) {
      const { SignJWT } = await import("jose");
      return new SignJWT({ tid: tenantId })
        .setProtectedHeader({ alg: "HS256" })
        .setSubject(linkId)
        .setJti(nonce)
        .setAudience(purpose)
        .setExpirationTime(expiresAt)
        .sign(key);
    },
    async read(text) {
      const { errors, jwtVerify } = await import("jose");
      try {
        const { payload } = await jwtVerify(text, key, { audience: purpose, algorithms: ["HS256"] });
        const state: ConsentState = {
          linkId: String(payload.sub),
          tenantId: String(payload["tid"]),
          nonce: String(payload.jti),
        };
        return { outcome: "valid", state };
      } catch (error) {
        if (error instanceof errors.JWTExpired) return { outcome: "expired" };
        if (error instanceof errors.JOSEError) return { outcome: "invalid" };
        throw error;
      }
    },
  };
}
