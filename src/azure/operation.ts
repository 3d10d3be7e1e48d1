import type { ResourceRef } from "../domain/ids.ts";
import type { Secret } from "../domain/secret.ts";
import { holds } from "./redaction.ts";
import { addressAt } from "./rest.ts";

/** A poller's serialised state, as far as we read it. */
type State = {
  readonly state?: {
    readonly config?: { readonly initialRequestUrl?: unknown; readonly operationLocation?: unknown };
  };
};

/**
 * Where the update can be followed; undefined when it was over at once. Throws unless the poller's state belongs to
 * this cluster and leads nowhere but to ARM, whose token is sent there. With `secret`: throws too if the state holds it.
 */
export function addressOf(operation: string, cluster: ResourceRef, armUrl: string, secret?: Secret): URL | undefined {
  if (secret && holds(operation, secret)) throw new Error("the state of the cluster update holds the secret");
  const { initialRequestUrl, operationLocation } = configOf(operation);
  const start = addressUnder(armUrl, initialRequestUrl);
  const expected = `${new URL(armUrl).pathname.replace(/\/$/, "")}${cluster.id}/resetServicePrincipalProfile`;
  if (decodeURIComponent(start.pathname).toLowerCase() !== expected.toLowerCase()) {
    throw new Error(`the cluster update in hand is not one of ${cluster.id}`);
  }
  if (operationLocation === undefined) return undefined;
  const address = addressUnder(armUrl, operationLocation);
  const version = start.searchParams.get("api-version");
  if (version && !address.searchParams.has("api-version")) address.searchParams.set("api-version", version);
  return address;
}

function configOf(operation: string): { initialRequestUrl?: unknown; operationLocation?: unknown } {
  try {
    return (JSON.parse(operation) as State | null)?.state?.config ?? {};
  } catch {
    throw new Error("the cluster update in hand cannot be read");
  }
}

function addressUnder(armUrl: string, address: unknown): URL {
  try {
    if (typeof address === "string") return addressAt(armUrl, address);
  } catch {
    // Said below, in the same words for whatever is wrong with it.
  }
  throw new Error("the cluster update in hand leads to an address that is not Azure Resource Manager's");
}
