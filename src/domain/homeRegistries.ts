/** Registries of the cluster's own tenant that its old principal could pull from, and what the new one is tried with. Pure. */
import { holds, quotedIn } from "./conditions.ts";
import type { Assignment } from "./facts.ts";
import { anyRepository, repositoryFault } from "./image.ts";
import { contentRead, repositoryName, type RoleMode } from "./roles.ts";

export type HomeRegistry = { readonly id: string; readonly rights: readonly PullRight[] };
/** A right to pull: the role mode that honours it, and the condition that limits it. */
export type PullRight = { readonly mode: RoleMode; readonly condition: string | null };
/** In which role modes a role gives the right to pull. */
export type PullModes = (roleDefinitionId: string) => readonly RoleMode[];

export function isRegistry(scope: string): boolean {
  return /\/providers\/microsoft\.containerregistry\/registries\/[^/]+$/i.test(scope);
}

export function homeRegistriesOf(assignments: readonly Assignment[], modesOf: PullModes): readonly HomeRegistry[] {
  const found = new Map<string, HomeRegistry>();
  for (const { scope, roleDefinitionId, condition } of assignments.filter((one) => isRegistry(one.scope))) {
    const rights = modesOf(roleDefinitionId).map((mode) => ({ mode, condition }));
    const before = found.get(scope.toLowerCase()) ?? { id: scope, rights: [] };
    if (rights.length > 0) found.set(scope.toLowerCase(), { id: before.id, rights: [...before.rights, ...rights] });
  }
  return [...found.values()];
}

/**
 * The repository to ask for. undefined where there is nothing to try: the registry's mode honours none of these rights,
 * so that the old principal could not pull either, or no name that a condition lets through is known.
 */
export function repositoryToTry(rights: readonly PullRight[], mode: RoleMode): string | undefined {
  const honoured = rights.filter((right) => right.mode === mode).map(({ condition }) => condition);
  if (honoured.includes(null)) return anyRepository;
  return honoured.flatMap((condition) => (condition === null ? [] : allowedBy(condition)))[0];
}

/** Names that the condition speaks of, whole or with an ending, as far as it lets them through. */
function allowedBy(condition: string): readonly string[] {
  const names = quotedIn(condition).flatMap((text) => {
    const name = text.replace(/\*+/g, "probe").replace(/\?/g, "x");
    return [name, `${name}${anyRepository}`, `${name}/${anyRepository}`];
  });
  return names.filter(
    (name) =>
      repositoryFault(name) === undefined &&
      holds(condition, { action: contentRead, attributes: { [repositoryName]: name } }) === true,
  );
}
