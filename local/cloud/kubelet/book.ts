import type { Pulled } from "./pull.ts";

/** What became of a node's pulls of one image. No secrets. */
export interface NodePulls {
  readonly clusterId: string;
  readonly node: string;
  readonly image: string;
  readonly pulled: number;
  readonly failed: number;
  /** Client id the last pull was tried with; `msi` on a cluster with a managed identity. */
  readonly clientId: string;
  readonly lastAt: string;
  /** Of the last pull, where it failed: stage, status and the registry's words. */
  readonly lastFailure?: string;
  /** When the last failure was, even if pulls have succeeded since. */
  readonly lastFailedAt?: string;
}

export interface PullBook {
  note(clusterId: string, node: string, image: string, clientId: string, result: Pulled): void;
  all(): readonly NodePulls[];
  forget(): void;
}

/** The oldest are forgotten beyond this many. */
const mostKept = 5000;

export function pullBook(now: () => number): PullBook {
  const kept = new Map<string, NodePulls>();
  return {
    note: (clusterId, node, image, clientId, result) => {
      const key = `${clusterId.toLowerCase()} ${node} ${image}`;
      const before = kept.get(key);
      const at = new Date(now()).toISOString();
      const lastFailedAt = result.pulled ? before?.lastFailedAt : at;
      kept.set(key, {
        ...{ clusterId, node, image, clientId, lastAt: at },
        pulled: (before?.pulled ?? 0) + (result.pulled ? 1 : 0),
        failed: (before?.failed ?? 0) + (result.pulled ? 0 : 1),
        ...(!result.pulled && { lastFailure: `${result.stage} ${result.status}: ${result.message}` }),
        ...(lastFailedAt !== undefined && { lastFailedAt }),
      });
      const [oldest] = kept.keys();
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    },
    all: () => [...kept.values()],
    forget: () => kept.clear(),
  };
}
