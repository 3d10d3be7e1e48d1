import type { Credential } from "../aks/store.ts";
import { fingerprint } from "../kit/fingerprint.ts";
import type { Pulled } from "./pull.ts";

/** A pull that was refused, and what it was tried with. */
export interface RefusedPull {
  readonly at: string;
  /** Stage, status and the registry's words. */
  readonly reason: string;
  readonly clientId: string;
  readonly secretFingerprint: string;
}

/** What became of a node's pulls of one image. No secrets. */
export interface NodePulls {
  readonly clusterId: string;
  readonly node: string;
  readonly image: string;
  readonly tried: number;
  readonly pulled: number;
  readonly failed: number;
  /** Client id the last pull was tried with; `msi` on a cluster with a managed identity. */
  readonly clientId: string;
  /** Of the secret the last pull was tried with: the first 12 hex digits of its SHA-256. */
  readonly secretFingerprint: string;
  readonly lastAt: string;
  readonly lastSuccessAt?: string;
  /** Of the last pull, where it failed. */
  readonly lastFailure?: string;
  /** When the last failure was, even if pulls have succeeded since. */
  readonly lastFailedAt?: string;
  /** The first few, then the last few: months of pulls must not fill the memory. */
  readonly firstRefusals: readonly RefusedPull[];
  readonly lastRefusals: readonly RefusedPull[];
}

export interface PullBook {
  note(pull: NotedPull): void;
  all(): readonly NodePulls[];
  forget(): void;
}

export interface NotedPull {
  readonly clusterId: string;
  readonly node: string;
  readonly image: string;
  readonly credential: Credential | undefined;
  readonly result: Pulled;
}

/** The oldest are forgotten beyond this many. */
const mostKept = 50_000;

/** So many refusals are kept of the first, and so many of the last. */
const refusalsKept = 3;

export function pullBook(now: () => number): PullBook {
  const kept = new Map<string, NodePulls>();
  return {
    note: (pull) => {
      const key = `${pull.clusterId.toLowerCase()} ${pull.node} ${pull.image}`;
      kept.set(key, noted(kept.get(key), pull, new Date(now()).toISOString()));
      const [oldest] = kept.keys();
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    },
    all: () => [...kept.values()],
    forget: () => kept.clear(),
  };
}

function noted(before: NodePulls | undefined, pull: NotedPull, at: string): NodePulls {
  const { clusterId, node, image, credential, result } = pull;
  const used = {
    clientId: credential?.clientId ?? "msi",
    secretFingerprint: credential ? fingerprint(credential.secret) : "",
  };
  const common = {
    clusterId,
    node,
    image,
    tried: (before?.tried ?? 0) + 1,
    pulled: before?.pulled ?? 0,
    failed: before?.failed ?? 0,
    ...used,
    lastAt: at,
    ...(before?.lastSuccessAt !== undefined && { lastSuccessAt: before.lastSuccessAt }),
    ...(before?.lastFailedAt !== undefined && { lastFailedAt: before.lastFailedAt }),
    firstRefusals: before?.firstRefusals ?? [],
    lastRefusals: before?.lastRefusals ?? [],
  };
  if (result.pulled) return { ...common, pulled: common.pulled + 1, lastSuccessAt: at };
  const reason = `${result.stage} ${result.status}: ${result.message}`;
  const refused = { at, reason, ...used };
  const isEarly = common.firstRefusals.length < refusalsKept;
  return {
    ...common,
    failed: common.failed + 1,
    lastFailure: reason,
    lastFailedAt: at,
    firstRefusals: isEarly ? [...common.firstRefusals, refused] : common.firstRefusals,
    lastRefusals: isEarly ? common.lastRefusals : [...common.lastRefusals, refused].slice(-refusalsKept),
  };
}
