import { TransientError } from "../domain/errors.ts";

/** Issuers of both token versions, as a tenant's own metadata names them: in some clouds they are under other hosts. */
export type Issuers = () => Promise<readonly string[]>;

const timeoutInMs = 10_000;
const dayInMs = 86_400_000;

/** Read once a day; a failure is forgotten, and is ours to answer for, not the caller's. */
export function issuersOf(authorityUrl: string, tenantId: string): Issuers {
  let kept: { readonly issuers: Promise<readonly string[]>; readonly until: number } | undefined;
  return () => {
    if (kept && kept.until > Date.now()) return kept.issuers;
    const issuers = Promise.all(["", "/v2.0"].map((version) => read(`${authorityUrl}/${tenantId}${version}`)));
    const entry = { issuers, until: Date.now() + dayInMs };
    kept = entry;
    issuers.catch(() => {
      if (kept === entry) kept = undefined;
    });
    return issuers;
  };
}

async function read(base: string): Promise<string> {
  const address = `${base}/.well-known/openid-configuration`;
  let body: unknown;
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(timeoutInMs), redirect: "error" });
    body = answer.ok ? await answer.json() : undefined;
  } catch {
    body = undefined;
  }
  const { issuer } = (body ?? {}) as { issuer?: unknown };
  if (typeof issuer === "string") return issuer;
  throw new TransientError(`could not read the tenant's metadata at ${address} now`);
}
