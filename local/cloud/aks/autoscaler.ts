import type { Life } from "../kit/life.ts";
import type { Cluster, Pool } from "./store.ts";

const shareScaled = 0.2;

/** In one pool in five of those that scale by themselves, and once in an update. */
export function isScaledOut(cluster: Cluster, pool: Pool, life: Life): boolean {
  if (!life.on("autoscaledNodes") || !isAutoscaling(pool, life)) return false;
  const key = `${cluster.id.toLowerCase()}/${pool.name}/${cluster.updates}`;
  if (pool.autoscaled >= mostAutoscaled || life.chance("autoscaledNodes", key) >= shareScaled) return false;
  life.strike("autoscaledNodes");
  return true;
}

/** So many nodes at most are added to a pool beyond what the estate names. */
export const mostAutoscaled = 3;

/** User pools do, while the switch is on. */
export function isAutoscaling(pool: Pool, life: Life): boolean {
  return life.on("autoscaledNodes") && pool.mode === "User" && pool.type === "VirtualMachineScaleSets";
}
