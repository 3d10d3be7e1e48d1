import { problem, type Problem, type ProblemCode } from "./errors.ts";
import type { Unreadable } from "./facts.ts";

export function clusterUnreadable(id: string, why: Unreadable): Problem {
  return unreadable(id, why, { missing: "CP-CLUSTER-NOT-FOUND", forbidden: "CP-CLUSTER-FORBIDDEN" });
}

export function registryUnreadable(id: string, why: Unreadable): Problem {
  return unreadable(id, why, { missing: "CP-REGISTRY-NOT-FOUND", forbidden: "CP-REGISTRY-FORBIDDEN" });
}

/** No right there is one thing; that our application cannot even sign in to the tenant is another, with another remedy. */
function unreadable(
  id: string,
  { outcome, code, detail }: Unreadable,
  codes: Readonly<Record<"missing" | "forbidden", ProblemCode>>,
): Problem {
  return problem(outcome === "noToken" ? "CP-NOT-CONSENTED" : codes[outcome], `${id}: ${code}: ${detail}`);
}
