import { problem, type Problem } from "../domain/errors.ts";
import type { SecretRef } from "../domain/pullIdentity.ts";
import { activity } from "../durable/calls.ts";
import { pullSecret } from "./pullSecret.ts";
import type { Needs } from "./world.ts";

type Input = { readonly tenantId: string; readonly appId: string; readonly secret: SecretRef };
type Output =
  | { readonly outcome: "proved" }
  | { readonly outcome: "noPrincipal" | "secretRefused" | "secretLost"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/**
 * Does the cluster's own tenant take the secret? AKS signs in there with it, and a cluster without links pulls nowhere else.
 * Reads only.
 */
export const proveAtHome = activity(
  "proveAtHome",
  async ({ tenantId, appId, secret }: Input, { entra, vault }: Needs<"entra" | "vault">): Promise<Output> => {
    const read = await pullSecret(vault, secret);
    if (read.outcome === "gone") return { outcome: "secretLost", detail: read.detail };
    if (read.outcome === "refused") return read;
    const token = await entra.pullToken(tenantId, appId, read.value);
    if (token.outcome === "issued") return { outcome: "proved" };
    const detail = `tenant ${tenantId}: ${token.code}: ${token.detail}`;
    switch (token.outcome) {
      case "noPrincipal":
      case "secretRefused":
        return { outcome: token.outcome, detail };
      case "secretExpired":
        return { outcome: "secretLost", detail };
      case "noRegistryService":
        // A tenant that has never had a registry: the application and its secret were let in, the registry service was not.
        return { outcome: "proved" };
      case "refused":
        return { outcome: "refused", problem: problem("CP-SECRET-REFUSED", detail) };
    }
  },
  { readsOnly: true },
);
