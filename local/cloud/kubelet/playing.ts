import type { ClusterStore } from "../aks/store.ts";
import type { PullOrders } from "./orders.ts";

export interface PlayingSettings {
  readonly enabled: boolean;
  /** So many nodes of every cluster take part. */
  readonly nodes: number;
  readonly everyInSeconds: number;
}

/** The pulls that clusters make of the images their estate names, whether anybody looks or not. */
export interface Playing {
  settings(): PlayingSettings;
  configure(change: Partial<PlayingSettings>): PlayingSettings;
  /** Begins anew with the clusters there are now. */
  restart(): void;
}

interface Needs {
  readonly clusters: () => ClusterStore;
  readonly orders: PullOrders;
}

/** Clusters with a managed identity have no credential of their own to try, and stay out of it. */
export function playing({ clusters, orders }: Needs): Playing {
  let settings: PlayingSettings = { enabled: false, nodes: 2, everyInSeconds: 3600 };
  let started: readonly string[] = [];
  const restart = (): void => {
    for (const id of started) orders.stop(id);
    const { enabled, nodes, everyInSeconds } = settings;
    const taking = enabled ? [...clusters().all()].filter(({ credential }) => credential !== undefined) : [];
    started = taking.flatMap(({ id: clusterId, pulls }) =>
      pulls.flatMap((image) => orders.start({ clusterId, image, everyInSeconds, nodes }) ?? []),
    );
  };
  return {
    settings: () => settings,
    configure: (change) => {
      settings = { ...settings, ...change };
      restart();
      return settings;
    },
    restart,
  };
}
