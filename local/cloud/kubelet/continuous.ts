import { randomUUID } from "node:crypto";
import { nodesOf, type Cluster, type ClusterStore, type Credential, type Node } from "../aks/store.ts";
import { lasting } from "../kit/clock.ts";
import type { Clock, Timings } from "../kit/contract.ts";
import type { PullBook } from "./book.ts";
import type { Network } from "./http.ts";
import { parseImageName } from "./imageName.ts";
import { pull } from "./pull.ts";

export interface Order {
  readonly clusterId: string;
  readonly image: string;
  /** Simulated seconds between the end of a pull and the next. */
  readonly everyInSeconds: number;
}

/** Nodes that pull again and again until they are told to stop. */
export interface ContinuousPulls {
  /** The id of the order; undefined for an image without a host. */
  start(order: Order): string | undefined;
  list(): readonly (Order & { readonly id: string })[];
  stop(id: string): boolean;
  stopAll(): void;
}

interface Needs {
  readonly clusters: () => ClusterStore;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly isRegistry: (host: string) => boolean;
  readonly network: () => Network;
  readonly book: PullBook;
}

interface Running {
  readonly order: Order;
  cancel: () => void;
  isOver: boolean;
}

/** How long a kubelet keeps what its credential provider told it. Source: cloud-provider-azure, cacheDuration. */
const cacheInSeconds = 3600;

export function continuousPulls(needs: Needs): ContinuousPulls {
  const running = new Map<string, Running>();
  const credentialOf = credentialCache(needs.clock, needs.timings);
  const end = (one: Running): void => {
    one.isOver = true;
    one.cancel();
  };
  return {
    start: (order) => {
      if (!parseImageName(order.image)) return undefined;
      const id = randomUUID();
      const one: Running = { order, isOver: false, cancel: () => undefined };
      running.set(id, one);
      again(one, 0, needs, credentialOf);
      return id;
    },
    list: () => [...running].map(([id, { order }]) => ({ id, ...order })),
    stop: (id) => {
      const one = running.get(id);
      if (one) end(one);
      return running.delete(id);
    },
    stopAll: () => {
      for (const one of running.values()) end(one);
      running.clear();
    },
  };
}

type CredentialOf = (clusterId: string, node: Node, host: string) => Credential | undefined;

function again(one: Running, dueInMs: number, needs: Needs, credentialOf: CredentialOf): void {
  const { clock, timings } = needs;
  const next = (): void => {
    if (!one.isOver) again(one, lasting(timings, one.order.everyInSeconds), needs, credentialOf);
  };
  // A round that broke must not end the rounds after it.
  const timer = clock.after(dueInMs, () => void everyNode(one, needs, credentialOf).then(next, next));
  one.cancel = () => timer.cancel();
}

/** One after another; a stopped cluster has no kubelets. */
async function everyNode(one: Running, needs: Needs, credentialOf: CredentialOf): Promise<void> {
  const { order } = one;
  const cluster: Cluster | undefined = needs.clusters().get(order.clusterId);
  const image = parseImageName(order.image);
  if (!cluster || !image || cluster.powerState === "Stopped") return;
  for (const node of nodesOf(cluster)) {
    if (one.isOver) return;
    const credential = needs.isRegistry(image.host) ? credentialOf(cluster.id, node, image.host) : undefined;
    const result = await pull(image, credential, needs.network());
    needs.book.note(cluster.id, node.name, order.image, credential?.clientId ?? "msi", result);
  }
}

/** By node and registry, as kubelets keep it. A node that was imaged anew begins with an empty cache. */
function credentialCache(clock: Clock, timings: Timings): CredentialOf {
  const kept = new Map<string, { credential: Credential | undefined; imagedAt: number; until: number }>();
  return (clusterId, { name, credential, imagedAt }, host) => {
    const key = `${clusterId} ${name} ${host}`;
    const found = kept.get(key);
    if (found && found.imagedAt === imagedAt && found.until > clock.now()) return found.credential;
    kept.set(key, { credential, imagedAt, until: clock.now() + lasting(timings, cacheInSeconds) });
    return credential;
  };
}
