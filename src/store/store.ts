import type { Link } from "../domain/link.ts";
import type { Operation } from "../domain/operation.ts";
import { firstExpiry, newIdentity, type PullIdentity, type StoredSecret } from "../domain/pullIdentity.ts";
import type { Sweep } from "../domain/sweep.ts";
import type { Shape, Table } from "./table.ts";
import { table, type TableSettings } from "./tables.ts";

export interface Store {
  readonly links: Table<Link>;
  /** By the key of the cluster. */
  readonly identities: Table<PullIdentity>;
  readonly operations: Table<Operation>;
  /** One row, `sweepRow`. */
  readonly sweeps: Table<Sweep>;
}

/** For rows that never had another schema. */
function current<T>(name: string): Shape<T>["upgrade"] {
  return (_json, version) => {
    throw new Error(`a row of ${name} has the schema ${version}, which nothing here can read`);
  };
}

export const linkShape: Shape<Link> = {
  columns: ({ status, cluster, registry, clusterKey }) => ({
    status,
    cluster: cluster.toLowerCase(),
    registry: registry.toLowerCase(),
    clusterKey,
  }),
  owner: ({ operationId }) => operationId,
  version: 1,
  upgrade: current("links"),
};

export const identityShape: Shape<PullIdentity> = {
  columns: (identity) => ({ tenantId: identity.tenantId, secretExpiresAt: firstExpiry(identity) }),
  owner: ({ holder }) => holder?.operationId ?? null,
  version: 3,
  upgrade: upgradedIdentity,
};

export const operationShape: Shape<Operation> = {
  columns: ({ state, kind, subject, clusterKey, startedAt }) => ({ state, kind, subject, clusterKey, startedAt }),
  owner: ({ id }) => id,
  version: 1,
  upgrade: current("operations"),
};

/**
 * The first schema knew neither rotations nor policies; the second neither caps nor which passwords were there before one
 * was added.
 */
function upgradedIdentity(json: unknown, version: number): PullIdentity {
  if (version !== 1 && version !== 2) return current<PullIdentity>("identities")(json, version);
  const row = json as PullIdentity;
  const secrets = row.secrets.map((secret): StoredSecret => {
    return secret.state === "adding" ? { ...secret, seen: null } : secret;
  });
  return { ...newIdentity(row), ...row, secrets };
}

/** Nobody owns it: its one instance writes it. */
export const sweepShape: Shape<Sweep> = {
  columns: () => ({}),
  owner: () => null,
  version: 1,
  upgrade: current("sweeps"),
};

export function connectStore(settings: TableSettings): Store {
  return {
    links: table(settings, "links", linkShape),
    identities: table(settings, "identities", identityShape),
    operations: table(settings, "operations", operationShape),
    sweeps: table(settings, "sweeps", sweepShape),
  };
}
