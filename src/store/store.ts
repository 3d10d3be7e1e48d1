import type { Link, PullIdentity } from "../domain/link.ts";
import { table, type Table, type TableSettings } from "./tables.ts";

export interface Store {
  readonly links: Table<Link>;
  readonly identities: Table<PullIdentity>;
}

export function connectStore(settings: TableSettings): Store {
  return {
    links: table<Link>(settings, "links", (link) => ({
      status: link.status,
      cluster: link.cluster.toLowerCase(),
      registry: link.registry.toLowerCase(),
      clusterKey: link.clusterKey,
    })),
    identities: table<PullIdentity>(settings, "identities", ({ tenantId }) => ({ tenantId })),
  };
}
