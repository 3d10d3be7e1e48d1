import type { ArmRoute } from "../../armKit/guard.ts";
import type { Hierarchy } from "../../armKit/hierarchy.ts";
import { assignmentRoutes } from "./assignmentRoutes.ts";
import { definitionRoutes } from "./definitionRoutes.ts";
import type { Policies } from "./store.ts";

interface Needs {
  readonly policies: Policies;
  readonly hierarchy: Hierarchy;
}

export function policyRoutes({ policies, hierarchy }: Needs): ArmRoute[] {
  return [...definitionRoutes(policies), ...assignmentRoutes(policies, hierarchy)];
}
