import { z } from "zod";
import type { ClusterStore } from "../aks/store.ts";
import { ok, problem, withBody } from "../kit/answers.ts";
import type { Route } from "../kit/contract.ts";
import type { PullBook } from "./book.ts";
import type { NodeNetwork } from "./exchange.ts";
import { pullOnNodes } from "./model.ts";
import type { PullOrders } from "./orders.ts";
import type { Playing } from "./playing.ts";

interface Needs {
  readonly clusters: () => ClusterStore;
  readonly network: NodeNetwork;
  readonly orders: PullOrders;
  readonly playing: Playing;
  readonly book: PullBook;
}

const clusterId = z.string().min(1);
const image = z.string().min(1);
const nodes = z.int().min(1).max(1000);
const period = z.coerce.number().min(0.05).max(86_400);
const pullSchema = z.strictObject({
  clusterId,
  image,
  node: z.string().min(1).optional(),
  /** Through sockets, or as played pulls go. */
  over: z.enum(["http", "process"]).default("http"),
});
const orderSchema = z.strictObject({
  clusterId,
  image,
  everyInSeconds: period.default(10),
  nodes: nodes.optional(),
});
const playingSchema = z.strictObject({
  enabled: z.boolean(),
  nodes: nodes.default(2),
  everyInSeconds: period.default(3600),
});

/** One pull, nodes that pull again and again, and what became of all pulls. */
export function kubeletRoutes(needs: Needs): Route[] {
  return [pullRoute(needs), ...orderRoutes(needs), ...playingRoutes(needs)];
}

function pullRoute({ clusters, network, book }: Needs): Route {
  return {
    method: "POST",
    path: "/control/kubelet/pull",
    operation: "KubeletPull",
    handle: (call) =>
      withBody(call, pullSchema, async ({ clusterId: id, ...asked }) => {
        const cluster = clusters().get(id);
        return cluster ? ok(await pullOnNodes(cluster, asked, { network, book })) : problem(404, `no cluster ${id}`);
      }),
  };
}

function orderRoutes({ clusters, orders, book }: Needs): Route[] {
  const path = "/control/kubelet/continuous";
  return [
    {
      method: "POST",
      path,
      operation: "StartPulls",
      handle: (call) =>
        withBody(call, orderSchema, (order) => {
          if (!clusters().get(order.clusterId)) return problem(404, `no cluster ${order.clusterId}`);
          const id = orders.start(order);
          return id ? { status: 201, body: { id } } : problem(400, "not an image name with a host");
        }),
    },
    {
      method: "GET",
      path,
      operation: "Pulls",
      handle: () => ok({ orders: orders.list(), nodes: book.all() }),
    },
    {
      method: "DELETE",
      path,
      operation: "StopAllPulls",
      handle: () => {
        orders.stopAll();
        return { status: 204 };
      },
    },
    {
      method: "DELETE",
      path: `${path}/:id`,
      operation: "StopPulls",
      handle: ({ params: { id = "" } }) =>
        orders.stop(id) ? { status: 204 } : problem(404, `nothing pulls under the id ${id}`),
    },
  ];
}

function playingRoutes({ playing, book }: Needs): Route[] {
  return [
    {
      method: "PUT",
      path: "/control/kubelet/playing",
      operation: "PlayPulls",
      handle: (call) => withBody(call, playingSchema, (change) => ok(playing.configure(change))),
    },
    {
      method: "GET",
      path: "/control/kubelet/playing",
      operation: "PlayedPulls",
      handle: (call) => {
        const wanted = call.query("clusterId")?.toLowerCase();
        const found = book.all().filter((one) => wanted === undefined || one.clusterId.toLowerCase() === wanted);
        const tried = found.reduce((sum, one) => sum + one.tried, 0);
        const refused = found.reduce((sum, one) => sum + one.failed, 0);
        return ok({ ...playing.settings(), tried, refused, pulls: found });
      },
    },
  ];
}
