import type { Registry } from "../acr/store.ts";
import { actionMatches } from "../rbac/actions.ts";
import type { Rights } from "../rbac/authorization.ts";
import type { Access } from "./tokens.ts";

const acr = "Microsoft.ContainerRegistry/registries";
const nameAttribute = `${acr}/repositories:name`;

/** Registry rights by role mode: management actions in the old mode, data actions with the repository's name in the new. */
const legacy: Readonly<Record<string, readonly string[]>> = {
  pull: [`${acr}/pull/read`],
  push: [`${acr}/push/write`],
  delete: [`${acr}/artifacts/delete`],
  metadata_read: [`${acr}/pull/read`],
  metadata_write: [`${acr}/push/write`],
  "*": [`${acr}/pull/read`],
};
const abac: Readonly<Record<string, readonly string[]>> = {
  pull: [`${acr}/repositories/content/read`],
  push: [`${acr}/repositories/content/write`],
  delete: [`${acr}/repositories/content/delete`],
  metadata_read: [`${acr}/repositories/metadata/read`],
  metadata_write: [`${acr}/repositories/metadata/write`],
  "*": [`${acr}/catalog/read`],
};

/** Of what is asked, what the principal may do now; scopes of which nothing is left are dropped. */
export function grantedOf(
  asked: readonly Access[],
  registry: Registry,
  objectId: string,
  rights: Rights,
): readonly Access[] {
  const isAbac = registry.roleAssignmentMode === "AbacRepositoryPermissions";
  const needed = isAbac ? abac : legacy;
  const may = (name: string, action: string): boolean =>
    (needed[action] ?? []).some((right) =>
      rights.allows(objectId, right, registry.id, {
        kind: isAbac ? "dataAction" : "action",
        settled: true,
        attributes: { [nameAttribute]: name },
        resource: { [nameAttribute]: name },
      }),
    );
  return granted(asked, may);
}

/** Without a signature of anybody: pulling alone, where the whole registry is public. */
export function grantedToAnybody(asked: readonly Access[], { anonymousPullEnabled }: Registry): readonly Access[] {
  return granted(asked, (_name, action) => anonymousPullEnabled && ["pull", "metadata_read"].includes(action));
}

function granted(asked: readonly Access[], may: (name: string, action: string) => boolean): readonly Access[] {
  return asked
    .map((one) => ({ ...one, actions: one.actions.filter((action) => may(one.name, action)) }))
    .filter(({ actions }) => actions.length > 0);
}

/** Does any role of the principal speak of registries at all? Without one a registry does not even let it sign in. */
export function isKnown(registry: Registry, objectId: string, rights: Rights): boolean {
  const ours = [...Object.values(legacy), ...Object.values(abac)].flat();
  return rights
    .permissionsAt(objectId, registry.id, { settled: true })
    .some(({ actions, dataActions }) =>
      [...actions, ...dataActions].some((pattern) => ours.some((right) => actionMatches(pattern, right))),
    );
}

/** `repository:team/app:pull,push`, several separated by spaces. What cannot be read asks for nothing. */
export function parseScopes(text: string | undefined): readonly Access[] {
  return (text ?? "")
    .split(" ")
    .map((one) => /^(repository|artifact-repository|registry):([^:]+):([^:]+)$/.exec(one))
    .flatMap((found) =>
      found?.[1] && found[2] && found[3] ? [{ type: found[1], name: found[2], actions: found[3].split(",") }] : [],
    );
}

export function allowsAccess(access: readonly Access[], type: string, name: string, action: string): boolean {
  return access.some((one) => one.type === type && one.name === name && one.actions.includes(action));
}
