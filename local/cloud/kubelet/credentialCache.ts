import type { Credential, Node } from "../aks/store.ts";
import { inClockMs } from "../kit/clock.ts";
import type { Clock, Timings } from "../kit/contract.ts";

/** How long a kubelet keeps what its credential provider told it. Source: cloud-provider-azure, cacheDuration. */
const cacheInSeconds = 3600;

interface Kept {
  readonly credential: Credential | undefined;
  readonly imagedAt: number;
  readonly until: number;
}

/** What a node's kubelet tries at a registry: by node and registry. A node that was imaged anew begins with an empty cache. */
export function credentialCache(clock: Clock, timings: Timings): (node: Node, host: string) => Credential | undefined {
  const ofNodes = new WeakMap<Node, Map<string, Kept>>();
  return (node, host) => {
    const kept = ofNodes.get(node) ?? new Map<string, Kept>();
    ofNodes.set(node, kept);
    const { credential, imagedAt } = node;
    const found = kept.get(host);
    if (found && found.imagedAt === imagedAt && found.until > clock.now()) return found.credential;
    kept.set(host, { credential, imagedAt, until: clock.now() + inClockMs(timings, cacheInSeconds) });
    return credential;
  };
}
