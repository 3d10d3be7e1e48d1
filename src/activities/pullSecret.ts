import type { Vault } from "../azure/clients.ts";
import type { SecretRef } from "../domain/pullIdentity.ts";
import { problem, type Problem, type ProblemCode } from "../domain/errors.ts";
import type { VaultRefusal } from "../azure/clients.ts";
import type { Secret } from "../domain/secret.ts";

type Read =
  | { readonly outcome: "read"; readonly value: Secret }
  /** Removed or disabled by a person: it is replaced. */
  | { readonly outcome: "gone"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/** The value behind a reference, for the length of one activity. */
export async function pullSecret(vault: Vault, { name, version }: SecretRef): Promise<Read> {
  const answer = await vault.get(name, version);
  if (answer.outcome === "read" || answer.outcome === "gone") return answer;
  return { outcome: "refused", problem: vaultRefused(answer) };
}

const codes = {
  forbidden: "CP-VAULT-FORBIDDEN",
  firewall: "CP-VAULT-UNREACHABLE",
  policy: "CP-VAULT-POLICY",
} as const satisfies Record<string, ProblemCode>;

export function vaultRefused({ outcome, code, detail }: VaultRefusal): Problem {
  return problem(codes[outcome], `Key Vault answered ${code}: ${detail}`);
}
