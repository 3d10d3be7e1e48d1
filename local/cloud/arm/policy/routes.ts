import type { ArmRoute } from "../../armKit/guard.ts";
import type { Hierarchy } from "../../armKit/hierarchy.ts";
import { assignmentRoutes, type NewIdentity } from "./assignmentRoutes.ts";
import { definitionRoutes } from "./definitionRoutes.ts";
import type { Policies } from "./store.ts";

interface Needs {
  readonly policies: Policies;
  readonly hierarchy: Hierarchy;
  readonly newIdentity: NewIdentity;
}

export function policyRoutes({ policies, hierarchy, newIdentity }: Needs): ArmRoute[] {
  return [...definitionRoutes(policies), ...assignmentRoutes(policies, hierarchy, newIdentity)];
}
