import type { DataPolicies } from "./resource.ts";
import type { SecretChange } from "./secrets.ts";

const day = 86_400;

/** The built-in policy that denies such a secret, by its name; undefined where none does. `now`: seconds since the epoch. */
export function violated(policies: DataPolicies | undefined, secret: SecretChange, now: number): string | undefined {
  if (!policies) return undefined;
  const { contentTypeRequired, expiryRequired, maximumValidityInDays, minimumDaysBeforeExpiry } = policies;
  const { contentType, exp, nbf } = secret;
  if (contentTypeRequired && !contentType) return "Secrets should have content type set";
  if (expiryRequired && exp === undefined) return "Key Vault secrets should have an expiration date";
  if (exp === undefined) return undefined;
  if (maximumValidityInDays !== undefined && exp - (nbf ?? now) > maximumValidityInDays * day)
    return "Secrets should have the specified maximum validity period";
  if (minimumDaysBeforeExpiry !== undefined && exp - now <= minimumDaysBeforeExpiry * day)
    return "Secrets should have more than the specified number of days before expiration";
  return undefined;
}
