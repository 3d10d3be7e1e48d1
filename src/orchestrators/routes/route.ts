import type { Acceptance } from "../../domain/link.ts";
import type { OnboardingStep } from "../../domain/onboarding.ts";
import type { Stopped } from "../../domain/operation.ts";
import type { IdentityEnd } from "../../domain/removal.ts";
import type { Instant } from "../../domain/time.ts";
import type { MaintenanceWindow } from "../../domain/window.ts";
import type { Orchestration } from "../../durable/calls.ts";
import type { OnCluster } from "../cluster/hold.ts";
import type { Proved, PullPart } from "../link/pull.ts";
import type { Run } from "../run.ts";

/** The pull identity's service principal in the cluster's tenant. */
export type HomePrincipal = { readonly principalId: string; readonly createdAt: Instant };

export type Delivery = {
  readonly on: OnCluster;
  readonly home: HomePrincipal;
  readonly window: MaintenanceWindow | null;
  readonly acceptance: Acceptance;
  /** Pulls with a secret that has taken the place of the one that was proved before. */
  readonly proveAgain: () => Orchestration<Again | Stopped>;
  /** The version of the secret that was proved last. */
  readonly version: string;
};
export type Again = { readonly outcome: "proved"; readonly version: string };
export type Delivered = { readonly outcome: "delivered"; readonly version: string };
export type Withdrawal = { readonly on: OnCluster; readonly linkId: string };

/** How a cluster comes to hold the credential. Nothing outside this folder knows which route a link takes. */
export interface Route {
  /** Ids of preflight's rules that concern this route alone. */
  readonly rules: readonly string[];
  /** The steps that `deliver` shows. */
  readonly steps: readonly OnboardingStep[];
  /** Sees to it that the cluster holds the credential and has settled. */
  deliver(run: Run, delivery: Delivery): Orchestration<Delivered | Stopped>;
  /** Pulls with the credential as the cluster does; before the delivery several times, after it once. */
  prove(run: Run, pull: PullPart, on: OnCluster, when: "before" | "after"): Orchestration<Proved | Stopped>;
  /** Takes back what was made for the cluster, as far as nothing and nobody needs it. */
  withdraw(run: Run, withdrawal: Withdrawal): Orchestration<IdentityEnd | Stopped>;
}
