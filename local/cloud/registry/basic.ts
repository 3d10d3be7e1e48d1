/** What stands behind `Basic`: a password may have colons in it. */
export function basicIn(encoded: string): { readonly user: string; readonly password: string } {
  const [user = "", ...password] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return { user, password: password.join(":") };
}
