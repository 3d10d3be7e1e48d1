import { runningNodesOf, type ClusterStore, type Node } from "../aks/store.ts";
import { chanceOf } from "../kit/chance.ts";
import { inClockMs } from "../kit/clock.ts";
import type { Clock, Timings } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { PullBook } from "./book.ts";
import { credentialCache } from "./credentialCache.ts";
import type { NodeNetwork } from "./exchange.ts";
import { parseImageName, type ImageName } from "./imageName.ts";
import { pull } from "./pull.ts";

export interface Order {
  readonly clusterId: string;
  readonly image: string;
  /** Simulated seconds from one pull to the next. */
  readonly everyInSeconds: number;
  /** So many nodes take part, each at some moment of its own in every period; undefined: all, one after another. */
  readonly nodes?: number | undefined;
}

/** Nodes that pull again and again until they are told to stop; where time jumps, every pull on the way is made at its time. */
export interface PullOrders {
  /** The id of the order; undefined for an image without a host. */
  start(order: Order): string | undefined;
  list(): readonly (Order & { readonly id: string })[];
  stop(id: string): boolean;
  stopAll(): void;
}

export interface OrderNeeds {
  readonly clusters: () => ClusterStore;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly ids: IdMaker;
  readonly network: NodeNetwork;
  readonly book: PullBook;
}

interface Running {
  readonly order: Order;
  readonly image: ImageName;
  readonly cancels: Map<number, () => void>;
  isOver: boolean;
}

export function pullOrders(needs: OrderNeeds): PullOrders {
  const running = new Map<string, Running>();
  const pullOn = pullingOn(needs);
  const end = (one: Running): void => {
    one.isOver = true;
    for (const cancel of one.cancels.values()) cancel();
  };
  return {
    start: (order) => {
      const image = parseImageName(order.image);
      if (!image) return undefined;
      const id = needs.ids.next("pulls", `${order.clusterId.toLowerCase()} ${order.image}`);
      const one: Running = { order, image, cancels: new Map(), isOver: false };
      running.set(id, one);
      const startedAt = needs.clock.now();
      if (order.nodes === undefined) againForAll(one, 0, needs, pullOn);
      for (let slot = 0; slot < (order.nodes ?? 0); slot++)
        againForSlot(one, { slot, round: 0, startedAt }, needs, pullOn);
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

type PullOn = (one: Running, choose: (nodes: readonly Node[]) => readonly Node[]) => Promise<void>;

/** The nodes chosen pull one after another; a stopped cluster or pool has no kubelets. */
function pullingOn({ clusters, clock, timings, network, book }: OrderNeeds): PullOn {
  const credentialOf = credentialCache(clock, timings);
  return async (one, choose) => {
    const { order, image } = one;
    const cluster = clusters().get(order.clusterId);
    if (!cluster) return;
    const exchange = network.inProcess(cluster.egressAddress);
    for (const node of choose(runningNodesOf(cluster))) {
      if (one.isOver) return;
      const credential = network.isRegistry(image.host) ? credentialOf(node, image.host) : undefined;
      const result = await pull(image, credential, exchange);
      book.note({ clusterId: cluster.id, node: node.name, image: order.image, credential, result });
    }
  };
}

function againForAll(one: Running, dueInMs: number, needs: OrderNeeds, pullOn: PullOn): void {
  const { clock, timings } = needs;
  const next = (): void => {
    if (!one.isOver) againForAll(one, inClockMs(timings, one.order.everyInSeconds), needs, pullOn);
  };
  // A round that broke must not end the rounds after it.
  const timer = clock.after(dueInMs, () => pullOn(one, (nodes) => nodes).then(next, next));
  one.cancels.set(0, () => timer.cancel());
}

interface Turn {
  readonly slot: number;
  readonly round: number;
  readonly startedAt: number;
}

/** Once in every period, at a moment that follows from cluster, image, slot and round alone. */
function againForSlot(one: Running, turn: Turn, needs: OrderNeeds, pullOn: PullOn): void {
  const { clock, timings } = needs;
  const { clusterId, image, everyInSeconds, nodes: count = 1 } = one.order;
  const { slot, round, startedAt } = turn;
  const moment = chanceOf("pull", clusterId.toLowerCase(), withoutPort(image), slot, round);
  const at = startedAt + (round + moment) * inClockMs(timings, everyInSeconds);
  const next = (): void => {
    if (!one.isOver) againForSlot(one, { ...turn, round: round + 1 }, needs, pullOn);
  };
  const timer = clock.after(at - clock.now(), () => pullOn(one, inSlot(slot, count)).then(next, next));
  one.cancels.set(slot, () => timer.cancel());
}

/** A registry's port on this machine is another in each run. */
function withoutPort(image: string): string {
  return image.replace(/:\d+\//, "/");
}

/** The first and the last of the nodes, and others evenly between them: nodes are re-imaged in this order. */
function inSlot(slot: number, count: number): (nodes: readonly Node[]) => readonly Node[] {
  return (nodes) => {
    if (slot >= nodes.length) return [];
    const most = Math.min(count, nodes.length) - 1;
    const index = most === 0 ? 0 : Math.round((slot * (nodes.length - 1)) / most);
    return nodes.slice(index, index + 1);
  };
}
