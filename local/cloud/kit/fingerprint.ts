import { createHash } from "node:crypto";

/** Tells secrets apart without telling them: the first 12 hex digits of the SHA-256. */
export function fingerprint(secret: string): string {
  return createHash("sha256").update(secret).digest("hex").slice(0, 12);
}
