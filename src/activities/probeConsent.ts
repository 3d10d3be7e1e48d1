import { problem, type Problem } from "../domain/errors.ts";
import type { SecretRef } from "../domain/pullIdentity.ts";
import { activity } from "../durable/calls.ts";
import { pullSecret } from "./pullSecret.ts";
import type { Needs } from "./world.ts";

type Input = { readonly registryTenantId: string; readonly appId: string; readonly secret: SecretRef };
type Output =
  /** `principalId`: the object id of the pull identity's service principal in the registry tenant. */
  | { readonly outcome: "granted"; readonly principalId: string }
  | { readonly outcome: "notYet"; readonly detail: string }
  /** Wrong, or so young that replicas do not know it; the caller knows its age. */
  | { readonly outcome: "secretRefused"; readonly detail: string }
  /** Expired, or gone from the vault: no wait cures that. */
  | { readonly outcome: "secretLost"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/**
 * Proves consent by the only evidence that counts: a token for the registry audience, issued by the registry tenant.
 * No directory permission is needed there. Reads only.
 */
export const probeConsent = activity(
  "probeConsent",
  async ({ registryTenantId, appId, secret }: Input, { entra, vault }: Needs<"entra" | "vault">): Promise<Output> => {
    const read = await pullSecret(vault, secret);
    if (read.outcome === "gone") return { outcome: "secretLost", detail: read.detail };
    if (read.outcome === "refused") return read;
    const token = await entra.pullToken(registryTenantId, appId, read.value);
    const issuer = `tenant ${registryTenantId}`;
    switch (token.outcome) {
      case "issued": {
        const { tenantId, objectId } = token;
        if (tenantId.toLowerCase() === registryTenantId.toLowerCase())
          return { outcome: "granted", principalId: objectId };
        const detail = `the token came from tenant ${tenantId}, not ${registryTenantId}`;
        return { outcome: "refused", problem: problem("CP-CONSENT-WRONG-TENANT", detail) };
      }
      case "noPrincipal":
        return { outcome: "notYet", detail: `${token.code}: ${token.detail}` };
      case "secretRefused":
        return { outcome: "secretRefused", detail: `${issuer}: ${token.code}: ${token.detail}` };
      case "secretExpired":
        return { outcome: "secretLost", detail: `${issuer}: ${token.code}: ${token.detail}` };
      case "noRegistryService":
        return {
          outcome: "refused",
          problem: problem("CP-REGISTRY-SERVICE-MISSING", `${issuer} answered ${token.code}: ${token.detail}`),
        };
      case "refused":
        return {
          outcome: "refused",
          problem: problem("CP-CONSENT-BLOCKED", `${issuer} answered ${token.code}: ${token.detail}`),
        };
    }
  },
  { readsOnly: true },
);
