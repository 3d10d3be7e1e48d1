import { problem, type Problem } from "../errors.ts";
import type { ClusterFacts, NodePool } from "../facts.ts";
import { clusterUnreadable } from "../unreadable.ts";
import { counted, fail, pass, unknown, warn, type Facts, type Rule, type Verdict } from "./rule.ts";

/** For rules that have nothing to say where the cluster was not found. */
const ofCluster =
  (judge: (cluster: ClusterFacts, facts: Facts) => Verdict) =>
  (facts: Facts): Verdict | undefined =>
    facts.cluster.outcome === "found" ? judge(facts.cluster, facts) : undefined;

export const clusterRules: readonly Rule[] = [
  {
    id: "cluster-exists",
    title: "cluster exists",
    about: "The cluster is read in its tenant. Fails where it is not there, or where our identity may not read it.",
    judge: ({ cluster, request }) => {
      if (cluster.outcome === "found") return pass(cluster.id);
      const { code, detail } = clusterUnreadable(`${request.cluster} in tenant ${request.clusterTenantId}`, cluster);
      return fail(code, detail);
    },
  },
  {
    id: "cluster-service-principal",
    title: "cluster uses a service principal",
    about:
      "Fails on a cluster with a managed identity: it cannot take a pull credential this way, and cannot be changed back.",
    judge: ofCluster((cluster) => {
      if (!isManaged(cluster)) return pass(cluster.clientId);
      const { code, detail } = managedIdentity(cluster);
      return fail(code, detail);
    }),
  },
  {
    id: "cluster-running",
    title: "cluster runs",
    toActOnly: true,
    about: "Fails on a stopped cluster. Unknown where Azure does not say.",
    judge: ofCluster(({ id, powerState }) => {
      if (powerState === null) return unknown(`Azure does not say whether ${id} runs`);
      return powerState === "Running" ? pass(powerState) : fail("CP-CLUSTER-STOPPED", `${id} is ${powerState}`);
    }),
  },
  {
    id: "cluster-settled",
    title: "cluster is settled",
    about:
      "Fails while the cluster is being changed. A cluster that is Failed is a warning: AKS takes a new credential in this state, and where the old service principal has expired that is the cure.",
    judge: ofCluster(({ id, provisioningState }) => {
      if (provisioningState === null) return unknown(`Azure does not say in which state ${id} is`);
      if (provisioningState === "Succeeded") return pass(provisioningState);
      if (provisioningState === "Failed" || provisioningState === "Canceled")
        return warn(
          `${id} is ${provisioningState}: if its service principal has expired, the new credential is the cure; any other cause should be cured first`,
        );
      return fail("CP-CLUSTER-NOT-SETTLED", `${id} is ${provisioningState}`);
    }),
  },
  {
    id: "node-pools",
    title: "node pools are ready",
    about:
      "Fails while a node pool is being changed or has failed, unless an update of ours is what failed. A stopped pool is a warning: its nodes get the credential when the pool is started.",
    judge: ofCluster(({ id, pools }, { identity }) => {
      const unsettled = pools.filter(({ provisioningState }) => !["Succeeded", null].includes(provisioningState));
      const ours = identity !== undefined && identity.onCluster.state !== "foreign";
      if (unsettled.length > 0) {
        const words = unsettled.map(({ name, provisioningState }) => `node pool ${name} is ${provisioningState}`);
        const detail = `${id}: ${words.join(", ")}`;
        return ours && unsettled.every(({ provisioningState }) => provisioningState === "Failed")
          ? warn(`${detail}; our last update is run again`)
          : fail("CP-CLUSTER-NOT-SETTLED", detail);
      }
      if (pools.length === 0) return unknown(`Azure names no node pool of ${id}`);
      const stopped = pools.filter(({ powerState }) => powerState === "Stopped");
      if (stopped.length > 0)
        return warn(
          `node pool ${stopped.map(({ name }) => name).join(", ")} is stopped: its nodes get the credential when it is started`,
        );
      return pass(pools.map(poolWords).join(", "));
    }),
  },
  {
    id: "surge-room",
    title: "room for surge nodes",
    about:
      "Re-imaging adds surge nodes for a while: they need cores of the subscription's quota and addresses of the subnet. Unknown: nothing that our rights show tells it.",
    judge: ofCluster(({ pools, subnetIds }) => {
      const subnets = subnetIds.length === 0 ? "the subnet of AKS' own network" : subnetIds.join(", ");
      return unknown(
        `each node pool (${pools.map(({ name }) => name).join(", ") || "unknown"}) needs cores for its surge nodes, and addresses in ${subnets}: our rights show neither`,
      );
    }),
  },
];

/** Has it a managed identity instead of a service principal? */
export function isManaged({ clientId }: ClusterFacts): boolean {
  return clientId.toLowerCase() === "msi";
}

export function managedIdentity({ id }: ClusterFacts): Problem {
  return problem("CP-CLUSTER-MANAGED-IDENTITY", `${id} uses a managed identity, and that cannot be changed back`);
}

function poolWords({ name, nodes }: NodePool): string {
  return `${name}: ${nodes === null ? "a number of nodes that Azure does not tell" : counted(nodes, "node")}`;
}
