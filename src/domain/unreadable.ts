import { problem, type Problem } from "./errors.ts";
import type { Unreadable } from "./facts.ts";

export function clusterUnreadable(id: string, { outcome, code, detail }: Unreadable): Problem {
  return problem(outcome === "missing" ? "CP-CLUSTER-NOT-FOUND" : "CP-CLUSTER-FORBIDDEN", `${id}: ${code}: ${detail}`);
}

export function registryUnreadable(id: string, { outcome, code, detail }: Unreadable): Problem {
  return problem(
    outcome === "missing" ? "CP-REGISTRY-NOT-FOUND" : "CP-REGISTRY-FORBIDDEN",
    `${id}: ${code}: ${detail}`,
  );
}
