import type { Vault } from "../azure/clients.ts";
import type { SecretRef } from "../domain/link.ts";
import type { Secret } from "../domain/secret.ts";

/** The value behind a reference, for the length of one activity. A version that is gone is a defect: nobody else removes them. */
export async function pullSecret(vault: Vault, { name, version }: SecretRef): Promise<Secret> {
  const value = await vault.get(name, version);
  if (!value) throw new Error(`version ${version} of the vault secret ${name} is gone or disabled`);
  return value;
}
