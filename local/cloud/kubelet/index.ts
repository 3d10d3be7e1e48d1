import type { ClusterStore } from "../aks/store.ts";
import type { Clock, Route, Service, Timings } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import { pullBook, type NodePulls } from "./book.ts";
import type { NodeNetwork } from "./exchange.ts";
import { overHttp, type Sockets } from "./http.ts";
import { withoutSockets } from "./inProcess.ts";
import { pullOrders } from "./orders.ts";
import { playing } from "./playing.ts";
import { kubeletRoutes } from "./routes.ts";

export interface KubeletNeeds {
  readonly clusters: () => ClusterStore;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly ids: IdMaker;
  readonly sockets: Sockets;
  /** Who answers at a host, for pulls that use no sockets. */
  readonly serviceAt: (host: string) => Service | undefined;
  readonly isRegistry: (host: string) => boolean;
}

export interface Kubelets {
  readonly controlRoutes: readonly Route[];
  /** What became of the pulls of every node that pulled. */
  pulls(): readonly NodePulls[];
  /** Stops what was ordered; what the estate's clusters pull by themselves begins anew. */
  reset(): void;
}

/** The nodes' side of pulling. */
export function createKubelets(needs: KubeletNeeds): Kubelets {
  const { clusters, clock, sockets, serviceAt, isRegistry } = needs;
  const book = pullBook(() => clock.now());
  const inProcess = withoutSockets(serviceAt);
  const network: NodeNetwork = { overHttp: (address) => overHttp(address, sockets), inProcess, isRegistry };
  const orders = pullOrders({ ...needs, network, book });
  const played = playing({ clusters, orders });
  return {
    controlRoutes: kubeletRoutes({ clusters, network, orders, playing: played, book }),
    pulls: () => book.all(),
    reset: () => {
      orders.stopAll();
      book.forget();
      played.restart();
    },
  };
}
