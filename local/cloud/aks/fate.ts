import type { Life } from "../kit/life.ts";
import { nodesOf, type Cluster, type OperationError } from "./store.ts";

/** What becomes of an update, apart from the cluster's state and the credential. */
export type Fate =
  | { readonly outcome: "done" }
  /** At once. */
  | { readonly outcome: "refused"; readonly code: "OperationNotAllowed" | "QuotaExceeded"; readonly message: string }
  /** Accepted; fails once so many nodes have the credential. */
  | {
      readonly outcome: "fails";
      readonly failure: Failure;
      readonly afterNodes: number;
      readonly error: (node: string) => OperationError;
    };

/** The ways in which an accepted update ends badly. */
export const failures = [
  "ReconcileVMSSAgentPoolFailed",
  "QuotaExceeded",
  "SubnetIsFull",
  "PodDrainFailure",
  "ServicePrincipalValidationClientError",
] as const;
export type Failure = (typeof failures)[number];

const shareRefused = 0.1;

/** One update in ten by seed, never two of a cluster in a row. Notes in the cluster what it decides. */
export function fateOf(cluster: Cluster, life: Life): Fate {
  const key = `${cluster.id.toLowerCase()}/${cluster.updates}`;
  const isRefused =
    life.on("refusedUpdates") && !cluster.wasRefused && life.chance("refusedUpdates", key) < shareRefused;
  cluster.wasRefused = isRefused;
  if (!isRefused) return { outcome: "done" };
  life.strike("refusedUpdates");
  const how = life.chance("refusedUpdates", `${key}/how`);
  const afterNodes = Math.floor(life.chance("refusedUpdates", `${key}/nodes`) * nodesOf(cluster).length);
  if (how < 0.15) return { outcome: "refused", code: "OperationNotAllowed", message: quotaWords };
  if (how < 0.3) return { outcome: "refused", code: "OperationNotAllowed", message: drainWords(cluster) };
  if (how < 0.4) return { outcome: "refused", code: "QuotaExceeded", message: quotaWords };
  if (how < 0.6) return failing("QuotaExceeded", 0);
  if (how < 0.8) return failing("SubnetIsFull", 0);
  return failing("PodDrainFailure", afterNodes);
}

/** `said`: other words than it has by itself. */
export function failing(failure: Failure, afterNodes: number, said?: string): Fate {
  const error = (node: string): OperationError => {
    const message = said ?? words[failure](node);
    return { code: failure, message, details: [{ code: failure, message, target: node }] };
  };
  return { outcome: "fails", failure, afterNodes, error };
}

const quotaWords =
  "Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 100, Current Usage: 100, Additional Required: 4, (Minimum) New Limit Required: 104.";

function drainWords({ name }: Cluster): string {
  return `Upgrade is blocked due to invalid Pod Disruption Budgets (PDBs) in managed cluster '${name}'. Please review the PDB spec to allow disruptions during upgrades. See https://aka.ms/aks-pdb-upgrade-troubleshooting for more details. (Code: PodDrainFailure)`;
}

const words: Readonly<Record<Failure, (node: string) => string>> = {
  ReconcileVMSSAgentPoolFailed: (node) =>
    `Reconcile node pools failed: node '${node}' did not become ready after it was reimaged.`,
  QuotaExceeded: () => quotaWords,
  SubnetIsFull: () =>
    "Subnet does not have enough capacity for 1 IP addresses. Please see https://aka.ms/SubnetIsFull for more details.",
  PodDrainFailure: (node) =>
    `Drain node ${node} failed when evicting pod: Cannot evict pod as it would violate the pod's disruption budget. See https://aka.ms/aks/debugDrainError for more details.`,
  ServicePrincipalValidationClientError: () =>
    "The credentials in ServicePrincipalProfile were invalid. Please see https://aka.ms/aks-sp-help for more details.",
};
