import { lazy } from "./lazy.ts";

const jose = lazy(() => import("jose"));

/**
 * Reads a token's claims without verifying it: right only for tokens that came to us straight from their issuer over
 * TLS, and only to learn what was issued. undefined if it is not a JWT.
 */
export async function claimsOf(token: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { decodeJwt } = await jose();
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}
