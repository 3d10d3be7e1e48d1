import { InputError } from "../domain/errors.ts";

export type AppRole = "Crosspull.Reader" | "Crosspull.Operator";

/** Whose tokens are accepted: issued by one tenant, for one audience. */
export type CallerSettings = { readonly authorityUrl: string; readonly tenantId: string; readonly audience: string };

export interface Callers {
  /** Throws an InputError unless the header carries a valid token with the role (an operator may also read). */
  require(role: AppRole, authorization: string | null): Promise<void>;
}

/** Verifies bearer tokens with the tenant's published keys, both token versions of Entra. */
export async function connectCallers({ authorityUrl, tenantId, audience }: CallerSettings): Promise<Callers> {
  const jose = await import("jose");
  const authority = authorityUrl.replace(/\/$/, "");
  const keys = jose.createRemoteJWKSet(new URL(`${authority}/${tenantId}/discovery/v2.0/keys`));
  const issuer = [`${authority}/${tenantId}/v2.0`, `https://sts.windows.net/${tenantId}/`];
  const audiences = [audience, audience.replace(/^api:\/\//, "")];

  const rolesOf = async (token: string): Promise<readonly string[]> => {
    try {
      const { payload } = await jose.jwtVerify(token, keys, { issuer, audience: audiences, algorithms: ["RS256"] });
      return Array.isArray(payload["roles"]) ? (payload["roles"] as string[]) : [];
    } catch (error) {
      if (!(error instanceof jose.errors.JOSEError)) throw error;
      // Reasons are jose's own short codes; a fetch of the keys that failed is our trouble, not the caller's.
      if (error instanceof jose.errors.JWKSTimeout) throw error;
      throw new InputError("CP-UNAUTHENTICATED", `the token was refused: ${error.code}`);
    }
  };
  return {
    async require(role, authorization) {
      const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? "") ?? [];
      if (!token) throw new InputError("CP-UNAUTHENTICATED", "there is no bearer token in the Authorization header");
      const roles = await rolesOf(token);
      const enough = role === "Crosspull.Reader" ? ["Crosspull.Reader", "Crosspull.Operator"] : [role];
      if (!roles.some((held) => enough.includes(held)))
        throw new InputError("CP-FORBIDDEN", `this request needs the app role ${role}`);
    },
  };
}
