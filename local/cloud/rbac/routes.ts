import type { ArmRoute } from "../armKit/guard.ts";
import { assignmentRoutes, type AssignmentNeeds } from "./assignmentRoutes.ts";
import { definitionRoutes, type DefinitionNeeds } from "./definitionRoutes.ts";

/** Roles, assignments, deny assignments and effective permissions, at any scope. */
export function rbacRoutes(needs: AssignmentNeeds & DefinitionNeeds): ArmRoute[] {
  return [...definitionRoutes(needs), ...assignmentRoutes(needs)];
}
