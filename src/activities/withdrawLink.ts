/** What an onboarding made is taken back by these, when it is cancelled and when its link is removed; each part is harmless when repeated, and proved by reading again. */
import { problem, type Problem } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import { ownGrants, type Link } from "../domain/link.ts";
import type { Target } from "../domain/onboarding.ts";
import { unneeded } from "../domain/pullIdentityChanges.ts";
import type { IdentityEnd } from "../domain/removal.ts";
import { activity } from "../durable/calls.ts";
import { copyName } from "./carryOverRoles.ts";
import { useOf } from "./identityUse.ts";
import { inTenant, mine, stale, type Needs } from "./world.ts";

type Withdrawn =
  | { readonly outcome: "removed" }
  /** Not ours, or still of use to somebody: it stays. */
  | { readonly outcome: "kept"; readonly detail: string }
  | { readonly outcome: "notYet"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/** A cancel takes nothing from a link that was ready before: its cluster pulls. A removal does. */
function isWorking({ readySince, status }: Link): boolean {
  return readySince !== null && status !== "offboarding";
}

/**
 * Takes back the pull role that this link gave. One that was there before us stays, and that of a link that works, unless
 * the link is being removed.
 */
export const revokeGrant = activity(
  "revokeGrant",
  async (
    {
      operationId,
      linkId,
      registry,
    }: { readonly operationId: string; readonly linkId: string; readonly registry: Target },
    { links, roles }: Needs<"links" | "roles">,
  ): Promise<Withdrawn> => {
    const link = (await links.read(linkId))?.value;
    if (link && link.operationId !== operationId) throw stale(`link ${linkId}`, link.operationId);
    if (!link || isWorking(link)) return { outcome: "kept", detail: "the link was ready before" };
    const ours = ownGrants(link);
    for (const assignmentId of ours) {
      const removal = await roles.remove(registry.tenantId, assignmentId);
      if (removal.outcome === "notYet") return removal;
      if (removal.outcome !== "removed") {
        const detail = `removing ${assignmentId} was refused with ${removal.code}: ${removal.detail}`;
        const code = removal.outcome === "locked" ? "CP-SCOPE-LOCKED" : "CP-REGISTRY-FORBIDDEN";
        return { outcome: "refused", problem: problem(code, detail) };
      }
    }
    // Given up from here on: another link of the cluster that is cancelled now does not keep the identity for this one.
    await mine(
      links.updateFor(operationId, linkId, (row) => ({
        ...row,
        status: row.status === "offboarding" ? row.status : "cancelled",
        grant: null,
        grantsIntended: [],
        consent: null,
      })),
      `link ${linkId}`,
    );
    return ours.length > 0 ? { outcome: "removed" } : { outcome: "kept", detail: "there is no grant of ours" };
  },
);

type Input = {
  readonly operationId: string;
  readonly linkId: string;
  readonly clusterKey: string;
  readonly cluster: Target;
};
type Tools = Needs<"links" | "identities" | "clusters" | "directory" | "vault" | "roles">;

type NotRemoved = Extract<Withdrawn, { outcome: "notYet" | "refused" }>;

/**
 * Removes the pull identity with everything it has, when no other link lives on it, no node may hold its credential, and
 * the cluster does not report it. The caller holds the claim. The row goes last: until then a repeat finds what is left.
 */
export const removeIdentityIfUnused = activity(
  "removeIdentityIfUnused",
  async ({ operationId, linkId, clusterKey, cluster }: Input, tools: Tools): Promise<IdentityEnd | NotRemoved> => {
    const { identities, links, vault, directory } = tools;
    const row = (await identities.read(clusterKey))?.value;
    const name = names.vaultSecret(clusterKey);
    if (!row) return { outcome: "removed", vault: await vault.purge(name) };
    if (row.holder?.operationId !== operationId)
      return { outcome: "kept", by: "operation", detail: "another operation holds the cluster" };
    const link = (await links.read(linkId))?.value;
    if (link && isWorking(link)) return { outcome: "kept", by: "link", detail: "the link was ready before" };
    const use = await useOf(row, linkId, cluster, tools);
    // The application stays for others alone: our secrets on it go with the caller's tidying.
    if (use?.by === "password")
      await mine(identities.updateFor(operationId, clusterKey, unneeded), `the pull identity ${clusterKey}`);
    if (use !== undefined) return { outcome: "kept", ...use };
    if (row.appObjectId !== null && row.appId !== null) {
      const left = await removeCopiedRoles(cluster, row.appId, tools);
      if (left) return left;
      const removal = await directory.deleteApplication(row.tenantId, row.appObjectId);
      if (removal.outcome === "notYet") return removal;
    }
    await vault.remove(name);
    const end = await vault.purge(name);
    await mine(identities.removeFor(operationId, clusterKey), `the pull identity ${clusterKey}`);
    await mine(
      links.updateFor(operationId, linkId, (row) => ({ ...row, appId: null })),
      `link ${linkId}`,
    );
    return { outcome: "removed", vault: end };
  },
);

/** The copies of the old principal's roles, known by their derived names. */
async function removeCopiedRoles(
  cluster: Target,
  appId: string,
  { directory, roles }: Pick<Tools, "directory" | "roles">,
): Promise<NotRemoved | undefined> {
  const { tenantId, subscriptionId } = inTenant(cluster);
  const principal = await directory.findServicePrincipal(tenantId, appId);
  if (principal.outcome === "missing") return undefined;
  if (principal.outcome !== "found") {
    const detail = `reading the service principal of ${appId} was refused with ${principal.code}: ${principal.detail}`;
    return { outcome: "refused", problem: problem("CP-DIRECTORY-FORBIDDEN", detail) };
  }
  const { assignments } = await roles.assignmentsOf(tenantId, [principal.objectId], [subscriptionId]);
  for (const { id, scope, roleDefinitionId } of assignments) {
    if (!id.toLowerCase().endsWith(`/${copyName(principal.objectId, { scope, roleDefinitionId })}`)) continue;
    const removal = await roles.remove(tenantId, id);
    if (removal.outcome === "removed") continue;
    if (removal.outcome === "notYet") return removal;
    const detail = `removing ${id} was refused with ${removal.code}: ${removal.detail}`;
    return {
      outcome: "refused",
      problem: problem(removal.outcome === "locked" ? "CP-SCOPE-LOCKED" : "CP-ROLES-NOT-COPIED", detail),
    };
  }
  return undefined;
}
