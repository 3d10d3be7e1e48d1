import type { IdMaker } from "../kit/ids.ts";
import type { Clock, Timings } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import type { Application, EntraState, ServicePrincipal } from "./state.ts";

/** The state now, replaced by a reset, and its look-up tables. */
export interface Held {
  state: EntraState;
  index: Index;
}

export interface HeldNeeds {
  readonly clock: Clock;
  readonly timings: Timings;
  readonly life: Life;
  readonly ids: IdMaker;
}

interface Index {
  /** By appId. */
  readonly applications: Map<string, Application>;
  /** By tenant and appId: see principalKey. */
  readonly principals: Map<string, ServicePrincipal>;
}

export function indexOf({ applications, servicePrincipals }: EntraState): Index {
  return {
    applications: new Map([...applications.values()].map((one) => [one.appId, one])),
    principals: new Map([...servicePrincipals.values()].map((one) => [principalKey(one.tenantId, one.appId), one])),
  };
}

export function principalKey(tenantId: string, appId: string): string {
  return `${tenantId}/${appId}`.toLowerCase();
}

/** What stays the same from run to run, for ids and for chance. */
export function nameOf({ uniqueName, displayName }: Pick<Application, "uniqueName" | "displayName">): string {
  return uniqueName ?? displayName;
}

export function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
