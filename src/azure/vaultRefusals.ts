import type { VaultRefusal } from "./clients.ts";
import { isForbidden, refused, type Failure } from "./errors.ts";

/** A secret of the name is being deleted or recovered: that ends by itself. */
export function isBeingChanged(failure: Failure): boolean {
  return failure.status === 409 && !isDeleted(failure);
}

function isDeleted({ status, code, cause, detail }: Failure): boolean {
  return (
    status === 409 && /ObjectIsDeletedButRecoverable|deleted but recoverable/i.test(`${code} ${cause ?? ""} ${detail}`)
  );
}

export function isDisabled({ status, cause }: Failure): boolean {
  return status === 403 && cause === "SecretDisabled";
}

/** Source: learn.microsoft.com/azure/key-vault/general/common-error-codes. Without a word of its own a 403 is a lack of rights. */
export function accessRefusal(failure: Failure): VaultRefusal | undefined {
  if (!isForbidden(failure)) return undefined;
  const word = failure.cause ?? failure.code;
  const said = { code: word, detail: failure.detail };
  return refused(word === "ForbiddenByFirewall" ? "firewall" : "forbidden", said);
}

/**
 * `ForbiddenByPolicy` is said of the vault's own access policies, and of Azure Policy's rules on contents and
 * lifetimes; only the sentence tells them apart.
 */
export function putRefusal(failure: Failure): VaultRefusal | { readonly outcome: "deleted" } | undefined {
  if (isDeleted(failure)) return { outcome: "deleted" };
  const { status, code, cause, detail } = failure;
  const word = cause ?? code;
  const isRule =
    /DisallowedByPolicy/i.test(`${code} ${word}`) ||
    (/Policy/i.test(`${word} ${detail}`) &&
      /content ?type|validity|lifetime|expir|activation|azure policy|disallowed/i.test(detail));
  if ((status === 403 || status === 400) && isRule) return refused("policy", { code: word, detail });
  return accessRefusal(failure);
}
