/** Something the user can cure: its message is one line that says what is wrong and where. Anything else is a defect of the host. */
export class HostError extends Error {
  override readonly name = "HostError";
}

/** The text of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node error (`ENOENT`, `EADDRINUSE`), or undefined. */
export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
