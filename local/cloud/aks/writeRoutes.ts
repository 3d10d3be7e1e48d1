import type { ArmRoute } from "../armKit/guard.ts";
import { managedClusters } from "../armKit/versions.ts";
import type { Reply } from "../kit/contract.ts";
import { clusterWriteRoutes } from "./clusterWriteRoutes.ts";
import { accepted } from "./operationRoutes.ts";
import { clusterAt, clusters, foundCluster, on } from "./paths.ts";
import { poolWriteRoutes, type WriteNeeds } from "./poolWriteRoutes.ts";
import type { Operation, PowerState } from "./store.ts";

/** Writes that are refused while the credential is updated, and while which it is not. */
export function writeRoutes(needs: WriteNeeds): ArmRoute[] {
  return [
    ...clusterWriteRoutes(needs),
    ...poolWriteRoutes(needs),
    powerRoute("stop", "Stopped", needs),
    powerRoute("start", "Running", needs),
  ];
}

function powerRoute(action: "stop" | "start", wanted: PowerState, { store, writes, monitors }: WriteNeeds): ArmRoute {
  return {
    method: "POST",
    path: `${clusters}/:cluster/${action}`,
    operation: action === "stop" ? "ManagedClusters_Stop" : "ManagedClusters_Start",
    type: managedClusters,
    right: on(`${action}/action`, clusterAt),
    handle: (call): Reply => {
      const operation: Operation = writes.setPower(foundCluster(store(), call.params), wanted, call.principal);
      return accepted(operation, monitors, call.apiVersion);
    },
  };
}
