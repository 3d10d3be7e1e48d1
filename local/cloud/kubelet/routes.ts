import { z } from "zod";
import type { ClusterStore } from "../aks/store.ts";
import { ok, problem, withBody } from "../kit/answers.ts";
import type { Route } from "../kit/contract.ts";
import type { PullBook } from "./book.ts";
import type { ContinuousPulls } from "./continuous.ts";

interface Needs {
  readonly clusters: () => ClusterStore;
  readonly pulls: ContinuousPulls;
  readonly book: PullBook;
}

const orderSchema = z.strictObject({
  clusterId: z.string().min(1),
  image: z.string().min(1),
  everyInSeconds: z.coerce.number().min(0.05).max(86_400).default(10),
});

/** Nodes that pull again and again, and what became of all pulls. */
export function kubeletRoutes({ clusters, pulls, book }: Needs): Route[] {
  return [
    {
      ...{ method: "POST", path: "/control/kubelet/continuous", operation: "StartPulls" },
      handle: (call) =>
        withBody(call, orderSchema, (order) => {
          if (!clusters().get(order.clusterId)) return problem(404, `no cluster ${order.clusterId}`);
          const id = pulls.start(order);
          return id ? { status: 201, body: { id } } : problem(400, "not an image name with a host");
        }),
    },
    {
      ...{ method: "GET", path: "/control/kubelet/continuous", operation: "Pulls" },
      handle: () => ok({ orders: pulls.list(), nodes: book.all() }),
    },
    {
      ...{ method: "DELETE", path: "/control/kubelet/continuous", operation: "StopAllPulls" },
      handle: () => {
        pulls.stopAll();
        return { status: 204 };
      },
    },
    {
      ...{ method: "DELETE", path: "/control/kubelet/continuous/:id", operation: "StopPulls" },
      handle: ({ params: { id = "" } }) =>
        pulls.stop(id) ? { status: 204 } : problem(404, `nothing pulls under the id ${id}`),
    },
  ];
}
