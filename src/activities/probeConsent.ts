import { problem, type Problem } from "../domain/errors.ts";
import type { SecretRef } from "../domain/link.ts";
import { activity } from "../durable/calls.ts";
import { patiently, type Needs } from "./world.ts";
import { pullSecret } from "./pullSecret.ts";

type Input = { readonly registryTenantId: string; readonly appId: string; readonly secret: SecretRef };
type Output =
  /** `principalId`: the object id of the pull identity's service principal in the registry tenant. */
  | { readonly outcome: "granted"; readonly principalId: string }
  | { readonly outcome: "notYet"; readonly detail: string }
  /** Wrong, or so young that replicas do not know it; the caller knows its age. */
  | { readonly outcome: "secretRefused"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/**
 * Proves consent by the only evidence that counts: a token for the registry audience, issued by the registry tenant.
 * No directory permission is needed there. Reads only.
 */
export const probeConsent = activity(
  "probeConsent",
  async ({ registryTenantId, appId, secret }: Input, { entra, vault }: Needs<"entra" | "vault">): Promise<Output> => {
    const token = await entra.pullToken(registryTenantId, appId, await pullSecret(vault, secret));
    switch (token.outcome) {
      case "issued":
        if (token.tenantId.toLowerCase() === registryTenantId.toLowerCase())
          return { outcome: "granted", principalId: token.objectId };
        return {
          outcome: "refused",
          problem: problem(
            "CP-CONSENT-WRONG-TENANT",
            `the token came from tenant ${token.tenantId}, not ${registryTenantId}`,
          ),
        };
      case "noPrincipal":
        return { outcome: "notYet", detail: `${token.code}: ${token.detail}` };
      case "secretRefused":
        return { outcome: "secretRefused", detail: `${token.code}: ${token.detail}` };
      case "secretExpired":
        return {
          outcome: "refused",
          problem: problem("CP-SECRET-REFUSED", `tenant ${registryTenantId} answered ${token.code}: ${token.detail}`),
        };
      case "refused":
        return {
          outcome: "refused",
          problem: problem("CP-CONSENT-BLOCKED", `tenant ${registryTenantId} answered ${token.code}: ${token.detail}`),
        };
    }
  },
  patiently,
);
