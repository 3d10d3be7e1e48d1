import { createHash } from "node:crypto";
import type { Principal } from "../kit/contract.ts";

export type ProvisioningState =
  "Succeeded" | "Failed" | "Updating" | "Upgrading" | "Creating" | "Canceled" | "Stopping" | "Starting";
export type PowerState = "Running" | "Stopped";

/** What a node, or a cluster as a whole, signs in with. */
export interface Credential {
  readonly clientId: string;
  readonly secret: string;
}

export interface Node {
  readonly name: string;
  /** Undefined on a cluster with a managed identity. */
  credential: Credential | undefined;
  /** Milliseconds since the epoch. */
  imagedAt: number;
}

export interface Pool {
  readonly name: string;
  readonly mode: "System" | "User";
  readonly vmSize: string;
  readonly maxSurge: number;
  provisioningState: ProvisioningState;
  powerState: PowerState;
  readonly nodes: readonly Node[];
}

export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly nodeResourceGroup: string;
  readonly kubernetesVersion: string;
  readonly vnetSubnetId?: string;
  /** The public address its nodes are seen to come from. */
  readonly egressAddress: string;
  /** The images its nodes pull by themselves. */
  readonly pulls: readonly string[];
  /** Object id of the managed identity, where the cluster has one. */
  readonly managedIdentity?: string;
  /** The credential the cluster is meant to have; the nodes follow one by one. */
  credential: Credential | undefined;
  provisioningState: ProvisioningState;
  powerState: PowerState;
  readonly pools: readonly Pool[];
  /** Changes with every change of the cluster. */
  revision: number;
}

export interface Operation {
  readonly id: string;
  readonly subscriptionId: string;
  readonly location: string;
  readonly clusterId: string;
  readonly startedBy: Principal;
  readonly startedAt: number;
  endedAt?: number;
  status: "InProgress" | "Succeeded" | "Failed";
  /** 0 to 100. */
  percentComplete: number;
  error?: { readonly code: string; readonly message: string };
}

export interface ClusterStore {
  all(): Iterable<Cluster>;
  /** By resource id, without regard to case. */
  get(id: string): Cluster | undefined;
  readonly operations: Map<string, Operation>;
}

export function clusterStore(clusters: readonly Cluster[]): ClusterStore {
  const byId = new Map(clusters.map((one) => [one.id.toLowerCase(), one]));
  return { all: () => byId.values(), get: (id) => byId.get(id.toLowerCase()), operations: new Map() };
}

export function nodesOf({ pools }: Cluster): readonly Node[] {
  return pools.flatMap(({ nodes }) => nodes);
}

/** Tells secrets apart without telling them: the first 12 hex digits of the SHA-256. */
export function fingerprint(secret: string): string {
  return createHash("sha256").update(secret).digest("hex").slice(0, 12);
}
