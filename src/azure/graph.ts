import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import type { Failure } from "./errors.ts";
import { connectRest, type AskRest } from "./rest.ts";

/** Microsoft Graph; paths begin with the version, `/v1.0/...`. */
export function connectGraph(cloud: Cloud, credentials: Credentials): AskRest {
  return connectRest({ url: cloud.graphUrl, scope: cloud.graphScope }, credentials);
}

/** Written an instant ago and not seen everywhere yet, or two writes at once: time cures both. */
export function isPassing({ code }: Failure): boolean {
  return code === "Request_ResourceNotFound" || code === "Directory_ConcurrencyViolation";
}

/** 250 objects for each creator without a directory role. */
export function isQuota({ code }: Failure): boolean {
  return code === "Directory_QuotaExceeded";
}

const readsOfAProof = 3;

/**
 * Replicas disagree for a while after a removal, so one that no longer shows a thing proves nothing: is it gone in
 * several reads, one after another?
 */
export async function goneEverywhere(isThere: () => Promise<boolean>): Promise<boolean> {
  for (let read = 0; read < readsOfAProof; read += 1) if (await isThere()) return false;
  return true;
}
