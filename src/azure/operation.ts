import type { ResourceRef } from "../domain/ids.ts";
import type { Secret } from "../domain/secret.ts";

/** A poller's serialised state, as far as we read it. */
type State = {
  readonly state?: {
    readonly config?: { readonly initialRequestUrl?: unknown; readonly operationLocation?: unknown };
  };
};

/**
 * Throws unless a poller's state belongs to this cluster and leads nowhere but to ARM: a restored poller sends its
 * token to whatever address the state names. With `secret`: throws too if the state holds it.
 */
export function checkOperation(operation: string, cluster: ResourceRef, armUrl: string, secret?: Secret): void {
  if (secret && holds(operation, secret.reveal())) throw new Error("the state of the cluster update holds the secret");
  const { initialRequestUrl, operationLocation } = configOf(operation);
  const start = addressUnder(armUrl, initialRequestUrl);
  const expected = `${new URL(armUrl).pathname.replace(/\/$/, "")}${cluster.id}/resetServicePrincipalProfile`;
  if (decodeURIComponent(start.pathname).toLowerCase() !== expected.toLowerCase()) {
    throw new Error(`the cluster update in hand is not one of ${cluster.id}`);
  }
  // Absent when the update was over at once.
  if (operationLocation !== undefined) addressUnder(armUrl, operationLocation);
}

function configOf(operation: string): { initialRequestUrl?: unknown; operationLocation?: unknown } {
  try {
    return (JSON.parse(operation) as State | null)?.state?.config ?? {};
  } catch {
    throw new Error("the cluster update in hand cannot be read");
  }
}

function addressUnder(armUrl: string, address: unknown): URL {
  const url = typeof address === "string" ? URL.parse(address) : null;
  if (!url || url.origin !== new URL(armUrl).origin || url.username !== "") {
    throw new Error("the cluster update in hand leads to an address that is not Azure Resource Manager's");
  }
  return url;
}

function holds(text: string, secret: string): boolean {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)].some((form) => text.includes(form));
}
