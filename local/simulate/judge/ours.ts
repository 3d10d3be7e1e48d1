import type { ApplicationDump, Dump, RoleAssignmentDump, VersionDump } from "./dump.ts";
import type { Evidence, LinkAnswer } from "./evidence.ts";
import { same } from "./names.ts";

/** What the app made in the world, found by its marks there and not by what the app says. */
export interface Ours {
  readonly applications: readonly ApplicationDump[];
  /** In any tenant. */
  readonly principalIds: readonly string[];
  readonly versions: readonly Version[];
  readonly roleAssignments: readonly RoleAssignmentDump[];
}

export interface Version extends VersionDump {
  /** Of the secret it is a version of. */
  readonly name: string;
}

export function oursIn({ entra, vault, arm }: Dump): Ours {
  const applications = entra.tenants
    .flatMap((tenant) => tenant.applications)
    .filter(({ uniqueName }) => uniqueName?.startsWith("crosspull-"));
  const appIds = new Set(applications.map(({ appId }) => appId));
  const principalIds = entra.tenants
    .flatMap(({ servicePrincipals }) => servicePrincipals)
    .filter(({ appId }) => appIds.has(appId))
    .map(({ id }) => id);
  return {
    applications,
    principalIds,
    versions: vault.secrets
      .filter(({ name }) => name.startsWith("pull-"))
      .flatMap(({ name, versions }) => versions.map((one) => ({ ...one, name }))),
    roleAssignments: arm.roleAssignments.filter(({ principalId }) => principalIds.includes(principalId)),
  };
}

/** Links that are there at all. */
export function linksOf({ asked }: Pick<Evidence, "asked">): readonly LinkAnswer[] {
  return asked.flatMap(({ link }) => (link ? [link] : []));
}

export function namesApplication(links: readonly LinkAnswer[], appId: string): boolean {
  return links.some(({ pullIdentity }) => pullIdentity !== null && same(pullIdentity.appId, appId));
}
