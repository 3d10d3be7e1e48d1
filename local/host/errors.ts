import { types } from "node:util";

/** Something the user can cure: its message is one line that says what is wrong and where. Anything else is a defect of the host. */
export class HostError extends Error {
  override readonly name = "HostError";
}

/** The text of whatever was thrown. (Errors of Node may come from another realm, where `instanceof` does not know them.) */
export function messageOf(thrown: unknown): string {
  return types.isNativeError(thrown) ? thrown.message : String(thrown);
}

/** The `code` of a Node error (`ENOENT`, `EADDRINUSE`), or undefined. */
export function codeOf(thrown: unknown): string | undefined {
  if (!types.isNativeError(thrown) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
