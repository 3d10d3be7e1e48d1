import { problem, type Problem } from "./errors.ts";

/** What Azure says of a resource that it does not show. */
export type Unreadable = { readonly outcome: "missing" | "forbidden"; readonly code: string; readonly detail: string };

export function clusterUnreadable(id: string, { outcome, code, detail }: Unreadable): Problem {
  return problem(outcome === "missing" ? "CP-CLUSTER-NOT-FOUND" : "CP-CLUSTER-FORBIDDEN", `${id}: ${code}: ${detail}`);
}

export function registryUnreadable(id: string, { outcome, code, detail }: Unreadable): Problem {
  return problem(
    outcome === "missing" ? "CP-REGISTRY-NOT-FOUND" : "CP-REGISTRY-FORBIDDEN",
    `${id}: ${code}: ${detail}`,
  );
}
