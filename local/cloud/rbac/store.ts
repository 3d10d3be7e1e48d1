import type { Condition } from "./conditions.ts";
import type { RoleDefinition } from "./builtInRoles.ts";

export interface RoleAssignment {
  readonly id: string;
  /** A guid; unique within a tenant. */
  readonly name: string;
  readonly tenantId: string;
  readonly scope: string;
  /** The guid of the role definition. */
  readonly roleId: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly description?: string;
  /** As text, and as understood. */
  readonly condition?: { readonly text: string; readonly parsed: Condition };
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly createdBy: string;
  /** Milliseconds since the epoch; the data planes do not know the assignment before. */
  readonly settledAt: number;
}

export interface RemovedAssignment {
  readonly assignment: RoleAssignment;
  readonly removedAt: number;
}

/** Role assignments by principal, which is how they are asked for; role definitions by guid. */
export interface RoleStore {
  all(): Iterable<RoleAssignment>;
  of(principalId: string): readonly RoleAssignment[];
  named(tenantId: string, name: string): RoleAssignment | undefined;
  put(assignment: RoleAssignment): void;
  /** `at`: milliseconds since the epoch. What was removed is remembered, for replicas that have not heard of it. */
  remove(assignment: RoleAssignment, at: number): void;
  removedOf(principalId: string): readonly RemovedAssignment[];
  removed(): readonly RemovedAssignment[];
  definitions(): readonly RoleDefinition[];
  definition(id: string): RoleDefinition | undefined;
}

const longestLagInMs = 2 * 60 * 60_000;

export function roleStore(
  definitions: readonly RoleDefinition[],
  removedBefore: readonly RemovedAssignment[] = [],
): RoleStore {
  const byPrincipal = new Map<string, RoleAssignment[]>();
  const byName = new Map<string, RoleAssignment>();
  let removed = removedBefore;
  const byGuid = new Map(definitions.map((one) => [one.id, one]));
  const key = (tenantId: string, name: string): string => `${tenantId}/${name}`.toLowerCase();
  const forget = ({ tenantId, name, principalId }: RoleAssignment): void => {
    byName.delete(key(tenantId, name));
    const others = (byPrincipal.get(principalId) ?? []).filter((one) => one.name !== name);
    byPrincipal.set(principalId, others);
  };
  return {
    all: () => byName.values(),
    of: (principalId) => byPrincipal.get(principalId) ?? [],
    named: (tenantId, name) => byName.get(key(tenantId, name)),
    put: (assignment) => {
      forget(assignment);
      byName.set(key(assignment.tenantId, assignment.name), assignment);
      byPrincipal.set(assignment.principalId, [...(byPrincipal.get(assignment.principalId) ?? []), assignment]);
    },
    remove: (assignment, at) => {
      forget(assignment);
      // None is remembered for longer than a replica may lag.
      removed = [...removed.filter(({ removedAt }) => at - removedAt < longestLagInMs), { assignment, removedAt: at }];
    },
    removedOf: (principalId) =>
      removed.length === 0 ? removed : removed.filter(({ assignment }) => assignment.principalId === principalId),
    removed: () => removed,
    definitions: () => definitions,
    definition: (id) => byGuid.get(id.toLowerCase()),
  };
}
