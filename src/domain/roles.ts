import { holds } from "./conditions.ts";
import { uuidV5 } from "./ids.ts";
import { lastPart } from "./scopes.ts";

/** What lets its holder pull: an action in the old role mode, a data action in the new one. */
const pullRead = "Microsoft.ContainerRegistry/registries/pull/read";
export const contentRead = "Microsoft.ContainerRegistry/registries/repositories/content/read";
/** What assigning a role takes. */
export const assignWrite = "Microsoft.Authorization/roleAssignments/write";
/** The attribute by which conditions limit what may be pulled. */
export const repositoryName = "microsoft.containerregistry/registries/repositories:name";

/** How a registry decides who may pull. Source: learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions */
export type RoleMode = "abac" | "legacy";

export type PullRole = { readonly id: string; readonly name: string };

/** Built-in role definition ids are the same in every tenant. */
export const pullRoles = {
  legacy: { id: "7f951dda-4ed3-4680-a7ca-43fe172d538d", name: "AcrPull" },
  abac: { id: "b93aa761-3e63-49ed-ac28-beffa264f7ac", name: "Container Registry Repository Reader" },
} as const satisfies Record<RoleMode, PullRole>;

/** In ABAC mode AcrPull gives nothing; in legacy mode Repository Reader gives nothing. */
export function pullRoleFor(mode: RoleMode): PullRole {
  return pullRoles[mode];
}

export type Condition = { readonly condition: string; readonly conditionVersion: "2.0" };

/**
 * Limits Repository Reader to the named repositories; undefined when all are meant.
 * Only meaningful in ABAC mode: AcrPull cannot be limited.
 */
export function repositoryCondition(repositories: readonly string[]): Condition | undefined {
  if (repositories.length === 0) return undefined;
  const read = ["content/read", "metadata/read"]
    .map((action) => `!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/${action}'})`)
    .join(" AND ");
  const named = repositories
    .map(
      (name) => `@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase '${name}'`,
    )
    .join(" OR ");
  return { condition: `((${read}) OR (${named}))`, conditionVersion: "2.0" };
}

/** Do two conditions say the same? Azure keeps them as they were sent, spaces and line breaks included. */
export function sameCondition(a: string | null | undefined, b: string | null | undefined): boolean {
  const bare = (text: string | null | undefined): string => (text ?? "").replace(/\s/g, "");
  return bare(a) === bare(b);
}

/** Does an assignment with this condition let all of these repositories be pulled? None named: all there are. */
export function letsPull(condition: string | null, repositories: readonly string[]): boolean {
  if (condition === null) return true;
  const isLet = (name: string): boolean =>
    holds(condition, { action: contentRead, attributes: { [repositoryName]: name } }) === true;
  return repositories.length > 0 && repositories.every(isLet);
}

/** A role assignment's name: the same triple always gives the same GUID, so granting twice is granting once. */
export function assignmentName(scope: string, principalId: string, roleId: string): string {
  return uuidV5([scope, principalId, roleId].join("|").toLowerCase());
}

/** A role definition. */
export type Role = { readonly name: string; readonly permissions: readonly RolePermission[] };
export type RolePermission = Permission & {
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
};

/** In which role modes of a registry a role lets its holder pull. */
export function pullModesOf({ permissions }: Role): readonly RoleMode[] {
  const ofData = permissions.map(({ dataActions: actions, notDataActions: notActions }) => ({ actions, notActions }));
  const [legacy, abac] = [permits(permissions, pullRead), permits(ofData, contentRead)];
  return [...(legacy ? (["legacy"] as const) : []), ...(abac ? (["abac"] as const) : [])];
}

/** The same of a role that cannot be read: of ours it is known. */
export function pullModesById(roleDefinitionId: string): readonly RoleMode[] {
  return (["legacy", "abac"] as const).filter((mode) => pullRoles[mode].id === lastPart(roleDefinitionId));
}

/** `Microsoft.Authorization/permissions` as ARM answers it: what the caller may do at a scope. */
export type Permission = { readonly actions: readonly string[]; readonly notActions: readonly string[] };

/** Azure's own matching: `*` stands for any run of characters, case does not matter, notActions only narrow their own entry. */
export function permits(permissions: readonly Permission[], action: string): boolean {
  return permissions.some(
    ({ actions, notActions }) =>
      actions.some((pattern) => matches(pattern, action)) && !notActions.some((pattern) => matches(pattern, action)),
  );
}

function matches(pattern: string, action: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i").test(action);
}
