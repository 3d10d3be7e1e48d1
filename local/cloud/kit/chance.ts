import { createHash } from "node:crypto";

/** A number in [0, 1) that follows from these texts alone: same texts, same number. */
export function chanceOf(...parts: readonly (string | number)[]): number {
  return digestOf(parts).readUIntBE(0, 6) / 2 ** 48;
}

/** Separated, so that ("ab", "c") and ("a", "bc") differ. */
export function digestOf(parts: readonly (string | number)[]): Buffer {
  return createHash("sha256").update(parts.join("\u0000")).digest();
}
