import type { JsonObject } from "../armKit/body.ts";
import type { KubeletIdentity } from "../estates/estate.ts";
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
  /** Takes no new pods: it is being drained. */
  cordoned: boolean;
  /** Stands in while others are re-imaged, and goes when they are done. */
  readonly isSurge: boolean;
}

export interface Pool {
  readonly name: string;
  readonly mode: "System" | "User";
  readonly type: "VirtualMachineScaleSets" | "VirtualMachines";
  readonly priority: "Regular" | "Spot";
  readonly vmSize: string;
  readonly maxSurge: number;
  /** Of its own; where there is none, the one AKS makes. */
  readonly subnetId?: string;
  provisioningState: ProvisioningState;
  powerState: PowerState;
  /** In the order in which they are re-imaged. */
  nodes: Node[];
  /** What every node's name begins with; a number in base 36 follows. */
  readonly nodePrefix: string;
  nextNode: number;
  /** `AKSUbuntu-2204gen2containerd-202611.05.0` */
  nodeImage: string;
  /** Nodes beyond those the estate names, which the autoscaler has added. */
  autoscaled: number;
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
  /** The public address its nodes are seen to come from. */
  readonly egressAddress: string;
  /** The images its nodes pull by themselves. */
  readonly pulls: readonly string[];
  /** Of its pools, where AKS has not made it; ids as the estate has them. */
  readonly subnets: readonly string[];
  readonly privateDnsZone?: string;
  readonly diskEncryptionSets: readonly string[];
  readonly routeTable?: string;
  /** Object id of the managed identity, where the cluster has one. */
  readonly managedIdentity?: string;
  /** Of its nodes then. */
  readonly kubeletIdentity?: KubeletIdentity;
  /** The credential the cluster is meant to have; the nodes follow one by one. */
  credential: Credential | undefined;
  tags: Readonly<Record<string, string>>;
  /** Properties of its maintenance configurations, by name. */
  readonly maintenance: Map<string, JsonObject>;
  provisioningState: ProvisioningState;
  powerState: PowerState;
  readonly pools: readonly Pool[];
  /** Changes with every change of the cluster. */
  revision: number;
  /** Updates asked for so far, refused ones too: chance falls by their number. */
  updates: number;
  /** Was the last of them refused by chance? Then the next is not. */
  wasRefused: boolean;
}

export interface OperationError {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
  readonly details?: readonly OperationError[];
}

export interface Operation {
  readonly id: string;
  readonly subscriptionId: string;
  readonly location: string;
  readonly clusterId: string;
  /** AKS itself where it is undefined. */
  readonly startedBy: Principal | undefined;
  readonly startedAt: number;
  endedAt?: number;
  status: "InProgress" | "Succeeded" | "Failed";
  /** 0 to 100. */
  percentComplete: number;
  error?: OperationError;
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

/** Those that run, and so may pull. */
export function runningNodesOf({ powerState, pools }: Cluster): readonly Node[] {
  if (powerState === "Stopped") return [];
  return pools.filter((pool) => pool.powerState === "Running").flatMap(({ nodes }) => nodes);
}

/** A node the pool has not had before, with a name of its own. */
export function newNode(pool: Pool, made: Pick<Node, "credential" | "imagedAt" | "isSurge">): Node {
  const number = pool.nextNode++;
  const ending = pool.type === "VirtualMachines" ? String(number) : number.toString(36).padStart(6, "0");
  return { name: `${pool.nodePrefix}${ending}`, cordoned: false, ...made };
}
