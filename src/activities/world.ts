import type { Azure, InTenant } from "../azure/clients.ts";
import { resourceRef } from "../domain/ids.ts";
import type { LinkRequest } from "../domain/link.ts";
import type { Store } from "../store/store.ts";

/** Signs and reads the `state` of a consent link: bound to link and tenant, expiring. Single use is the link row's business. */
export interface ConsentStates {
  issue(state: ConsentState, expiresAt: Date): Promise<string>;
  read(
    text: string,
  ): Promise<{ outcome: "valid"; state: ConsentState } | { outcome: "invalid" } | { outcome: "expired" }>;
}
export type ConsentState = { readonly linkId: string; readonly tenantId: string; readonly nonce: string };

/** All that activities can reach. Each asks for what it uses: `Needs<"roles" | "links">`. */
export interface World extends Azure, Store {
  readonly consentStates: ConsentStates;
  readonly settings: {
    /** Where administrators come back to: `https://.../api/consent`. */
    readonly callbackUrl: string;
    readonly secretLifetimeInDays: number;
  };
  readonly now: () => Date;
}
export type Needs<Names extends keyof World> = Pick<World, Names>;

export function clusterOf({ cluster, clusterTenantId }: LinkRequest): InTenant {
  return { ...resourceRef(cluster), tenantId: clusterTenantId };
}

export function registryOf({ registry, registryTenantId }: LinkRequest): InTenant {
  return { ...resourceRef(registry), tenantId: registryTenantId };
}

/** Activities throw only what a retry may cure: throttling, replicas that lag, a broken connection. */
export const patiently = { firstInMs: 2_000, attempts: 6 } as const;
