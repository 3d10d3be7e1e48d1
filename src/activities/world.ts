import type { Azure } from "../azure/clients.ts";
import type { InTenant } from "../domain/facts.ts";
import { StaleOperation } from "../domain/errors.ts";
import { resourceRef } from "../domain/ids.ts";
import type { Target } from "../domain/onboarding.ts";
import type { AsksDurable } from "../durable/register.ts";
import type { Store } from "../store/store.ts";
import type { Fenced } from "../store/table.ts";

/** Signs and reads the `state` of a consent link: bound to link and tenant, expiring. */
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
export type Needs<Names extends keyof (World & AsksDurable)> = Pick<World & AsksDurable, Names>;

/** For ids that were checked at the edge. */
export function inTenant({ id, tenantId }: Target): InTenant {
  return { ...resourceRef(id), tenantId };
}

/** The written row; an operation that the row does not name any more is told so, and ends. */
export async function mine<T>(write: Promise<Fenced<T>>, row: string): Promise<T> {
  const answer = await write;
  if (answer.outcome === "written") return answer.value;
  throw stale(row, answer.owner);
}

export function stale(row: string, owner: string | null): StaleOperation {
  return new StaleOperation(`${row} names ${owner === null ? "no operation" : `operation ${owner}`} by now`);
}
