/** Rotations that are asked for together: why, in which order, and how many at once. Pure. */
import type { PolicyDefaults } from "./policy.ts";
import type { Instant } from "./time.ts";
import type { OnboardingWaits } from "./waits.ts";

/** Name of the orchestrator. */
export const scopeWorkflow = "rotateScope";

/** Why a secret is replaced. After a leak the replaced one has no grace. */
export type RotationReason = "asked" | "due" | "leak";
/** What people may give as the reason. */
export const peoplesReasons = ["asked", "leak"] as const satisfies readonly RotationReason[];

/** How a rotation was asked for. */
export type AskedRotation = {
  readonly reason: RotationReason;
  readonly ignoresWindow: boolean;
  /** Its place among those that were asked for with it; null: it was asked for alone. */
  readonly turn: PlaceInTurn | null;
};
export type PlaceInTurn = {
  /** Of the instance that begins it when it is its turn. */
  readonly instanceId: string;
  readonly position: number;
  readonly of: number;
};

/** What the instance is started with: everything it may not read later, because replays must see the same. */
export type ScopeInput = {
  readonly instanceId: string;
  /** Ids of the operations that are begun in turn. */
  readonly operations: readonly string[];
  /** Ids of those in the scope that run already: they take room. */
  readonly underWay: readonly string[];
  readonly maxConcurrent: number;
  /** Operations whose turn has not come by then are given up. */
  readonly until: Instant;
  readonly defaults: PolicyDefaults;
  readonly waits: OnboardingWaits;
};
export type ScopeOutput = { readonly begun: number };

/** No turn comes later than this. */
export const longestTurnInSeconds = 400 * 86_400;

/** Does a rotation that runs do what is wanted? One from before a leak does not: its new secret may have leaked as well. */
export function covers(
  running: AskedRotation | undefined,
  { reason, ignoresWindow }: Omit<AskedRotation, "turn">,
): boolean {
  if (reason === "leak" && running?.reason !== "leak") return false;
  return !ignoresWindow || running?.ignoresWindow === true;
}

/** What takes the place of one that did not end is no less urgent. */
export function noLessUrgent(asked: AskedRotation, earlier: AskedRotation | undefined): AskedRotation {
  return {
    ...asked,
    reason: earlier?.reason === "leak" ? "leak" : asked.reason,
    ignoresWindow: asked.ignoresWindow || earlier?.ignoresWindow === true,
  };
}

export type Candidate = {
  readonly clusterKey: string;
  /** To registries of other tenants. */
  readonly links: number;
  /** null: not read. */
  readonly nodes: number | null;
  readonly expiresAt: Instant;
};

/** Those whose secret opens most, on most nodes, go first; of equals the soonest to expire. */
export function inOrder<One extends Candidate>(candidates: readonly One[]): readonly One[] {
  return [...candidates].sort(
    (a, b) => weightOf(b) - weightOf(a) || compare(a.expiresAt, b.expiresAt) || compare(a.clusterKey, b.clusterKey),
  );
}

/** A cluster has a node at least, also where its nodes could not be counted. */
function weightOf({ links, nodes }: Candidate): number {
  return links * Math.max(1, nodes ?? 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What was given out for a secret outlives it; see docs/rotation.md. */
export const tokensAfterLeak = {
  registryInSeconds: 10_800,
  entraInSeconds: 5_400,
  words:
    "a secret that is removed gives out no new tokens; what it gave out before lives on: tokens of a registry up to 3 hours, tokens of Microsoft Entra up to 90 minutes",
} as const;
