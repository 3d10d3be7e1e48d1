import { nodesOf, runningNodesOf, type Cluster, type Node } from "../aks/store.ts";
import type { PullBook } from "./book.ts";
import type { NodeNetwork } from "./exchange.ts";
import { parseImageName } from "./imageName.ts";
import { pull, type Pulled } from "./pull.ts";

export type ClusterPull =
  | {
      readonly pulled: true;
      readonly digest: string;
      /** Manifest, config and layers together, once. */
      readonly bytes: number;
      readonly clientId: string;
      /** The nodes that pulled. */
      readonly nodes: readonly string[];
    }
  | (Extract<Pulled, { pulled: false }> & { readonly node: string; readonly clientId: string });

export interface PullAsked {
  readonly image: string;
  /** One node alone. */
  readonly node?: string | undefined;
  readonly over: "http" | "process";
}

interface Needs {
  readonly network: NodeNetwork;
  readonly book: PullBook;
}

/**
 * Every node (or the one named) pulls with the credential it holds, one after another; the first failure is the answer.
 * A stopped cluster and an unknown node are answered as failures of the stage `credential`.
 */
export async function pullOnNodes(
  cluster: Cluster,
  { image, node: only, over }: PullAsked,
  { network, book }: Needs,
): Promise<ClusterPull> {
  const there = cluster.powerState === "Stopped" ? nodesOf(cluster) : runningNodesOf(cluster);
  const nodes = there.filter(({ name }) => only === undefined || name === only);
  const [first] = nodes;
  const named = parseImageName(image);
  if (!named) return failure(only ?? "", "", "not an image name with a host");
  if (!first) return failure(only ?? "", "", "the cluster has no such node");
  if (cluster.powerState === "Stopped") return failure(first.name, clientIdOf(first), "the cluster is stopped");
  const { egressAddress } = cluster;
  const exchange = over === "http" ? network.overHttp(egressAddress) : network.inProcess(egressAddress);
  const names: string[] = [];
  let last: Extract<Pulled, { pulled: true }> | undefined;
  for (const node of nodes) {
    const credential = network.isRegistry(named.host) ? node.credential : undefined;
    const result = await pull(named, credential, exchange);
    book.note({ clusterId: cluster.id, node: node.name, image, credential: node.credential, result });
    if (!result.pulled) return { ...result, node: node.name, clientId: clientIdOf(node) };
    names.push(node.name);
    last = result;
  }
  if (!last) return failure(only ?? "", "", "the cluster has no such node");
  return { ...last, clientId: clientIdOf(first), nodes: names };
}

function clientIdOf({ credential }: Node): string {
  return credential?.clientId ?? "msi";
}

function failure(node: string, clientId: string, message: string): ClusterPull {
  return { pulled: false, stage: "credential", status: 0, message, node, clientId };
}
