import type { Hierarchy } from "../../armKit/hierarchy.ts";
import type { Life } from "../../kit/life.ts";
import { sameScope, tidyScope } from "../../armKit/scope.ts";
import { builtInDefinitions, grantsForbidden, modifyArmAudience } from "./builtIn.ts";
import type { PolicyAssignment, PolicyDefinition, PolicyState } from "./model.ts";

/** Policies that somebody made, Microsoft's own, and those that switches put there. */
export interface Policies {
  definitions(): readonly PolicyDefinition[];
  /** By resource id, without regard to case. */
  definition(id: string): PolicyDefinition | undefined;
  putDefinition(definition: PolicyDefinition): void;
  removeDefinition(id: string): PolicyDefinition | undefined;
  assignments(): readonly PolicyAssignment[];
  /** On a scope and above it. */
  assignedTo(scope: string): readonly PolicyAssignment[];
  assignment(id: string): PolicyAssignment | undefined;
  putAssignment(assignment: PolicyAssignment): void;
  removeAssignment(id: string): PolicyAssignment | undefined;
}

export const policySwitches = { deny: "policyDeny", modify: "policyModify" } as const;

interface Needs {
  readonly state: () => PolicyState;
  readonly life: Life;
  readonly hierarchy: Hierarchy;
  /** Ids of the registries of the estate: what the switches may fall on. */
  readonly registries: readonly string[];
}

export function policiesOver({ state, life, hierarchy, registries }: Needs): Policies {
  const builtIn = new Map(builtInDefinitions.map((one) => [one.id.toLowerCase(), one]));
  const ownIds = new Map(registries.map((id) => [id.toLowerCase(), id]));
  const seededOn = (registry: string): readonly PolicyAssignment[] =>
    [
      { by: policySwitches.deny, name: "no-new-grants", definition: grantsForbidden },
      { by: policySwitches.modify, name: "arm-audience-off", definition: modifyArmAudience },
    ]
      .filter(({ by }) => life.struckBy(by, registry))
      .map(({ by, name, definition }) => ({
        id: assignmentId(registry, name),
        name,
        scope: registry,
        properties: { displayName: String(definition.properties["displayName"]), policyDefinitionId: definition.id },
        putBy: by,
      }))
      .filter(({ id }) => !state().removed.has(id.toLowerCase()));
  const seeded = (): readonly PolicyAssignment[] =>
    Object.values(policySwitches).some((name) => life.on(name)) ? registries.flatMap(seededOn) : [];
  /** Only the registry in a scope can have been struck: ten thousand are not asked one by one. */
  const seededOver = (scope: string): readonly PolicyAssignment[] => {
    const parts = tidyScope(scope).split("/").slice(0, 9).join("/");
    const registry = ownIds.get(parts.toLowerCase());
    return registry === undefined ? [] : seededOn(registry);
  };
  const assignments = (): readonly PolicyAssignment[] => [...state().assignments.values(), ...seeded()];
  const find = (id: string): PolicyAssignment | undefined =>
    assignments().find((one) => one.id.toLowerCase() === id.toLowerCase());
  return {
    definitions: () => [...builtIn.values(), ...state().definitions.values()],
    definition: (id) => builtIn.get(id.toLowerCase()) ?? state().definitions.get(id.toLowerCase()),
    putDefinition: (definition) => void state().definitions.set(definition.id.toLowerCase(), definition),
    removeDefinition: (id) => {
      const found = state().definitions.get(id.toLowerCase());
      state().definitions.delete(id.toLowerCase());
      return found;
    },
    assignments,
    assignedTo: (scope) =>
      [...state().assignments.values(), ...seededOver(scope)].filter(
        (one) => hierarchy.covers(one.scope, scope) && !isLeftOut(one, scope, hierarchy),
      ),
    assignment: find,
    putAssignment: (assignment) => void state().assignments.set(assignment.id.toLowerCase(), assignment),
    removeAssignment: (id) => {
      const found = find(id);
      state().assignments.delete(id.toLowerCase());
      state().removed.add(id.toLowerCase());
      return found;
    },
  };
}

export function assignmentId(scope: string, name: string): string {
  return `${scope === "/" ? "" : scope}/providers/Microsoft.Authorization/policyAssignments/${name}`;
}

function isLeftOut({ properties, scope: own }: PolicyAssignment, scope: string, hierarchy: Hierarchy): boolean {
  const { notScopes } = properties;
  if (!Array.isArray(notScopes)) return false;
  return notScopes.some((one) => !sameScope(String(one), own) && hierarchy.covers(String(one), scope));
}
