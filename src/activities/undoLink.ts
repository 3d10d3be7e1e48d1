import { names } from "../domain/ids.ts";
import type { Link, LinkRequest, PullIdentity } from "../domain/link.ts";
import { activity } from "../durable/calls.ts";
import { clusterOf, patiently, type Needs } from "./world.ts";

type Input = { readonly linkId: string; readonly clusterKey: string; readonly request: LinkRequest };
type Tools = Needs<"links" | "identities" | "clusters" | "directory" | "vault" | "roles">;

/**
 * Takes back what this link alone made: its role assignment, and the pull identity with its secret when no other link
 * needs it and the cluster does not use it. The caller holds the claim. Every part is harmless when repeated.
 */
export const undoLink = activity(
  "undoLink",
  async ({ linkId, clusterKey, request }: Input, tools: Tools): Promise<{ readonly removed: readonly string[] }> => {
    const removed: string[] = [];
    const link = (await tools.links.read(linkId))?.value;
    if (link?.grant?.ours) {
      await tools.roles.remove(request.registryTenantId, link.grant.assignmentId);
      removed.push("role assignment");
    }
    await tools.links.update(linkId, (row) => ({ ...row, grant: null, consent: null }));
    const identity = (await tools.identities.read(clusterKey))?.value;
    if (identity && (await isUnused(identity, linkId, request, tools))) {
      await tools.vault.remove(names.vaultSecret(clusterKey));
      if (identity.appObjectId) await tools.directory.deleteApplication(identity.tenantId, identity.appObjectId);
      await tools.identities.remove(clusterKey);
      await tools.links.update(linkId, (row) => ({ ...row, appId: null }));
      removed.push("secret", "application");
    }
    return { removed };
  },
  patiently,
);

const abandoned = new Set<Link["status"]>(["cancelled"]);

async function isUnused(
  identity: PullIdentity,
  linkId: string,
  request: LinkRequest,
  { links, clusters }: Tools,
): Promise<boolean> {
  if (identity.applying !== null) return false;
  const { items } = await links.page({ clusterKey: identity.clusterKey }, 1000, undefined);
  if (items.some(({ id, status }) => id !== linkId && !abandoned.has(status))) return false;
  const facts = await clusters.get(clusterOf(request));
  return facts.outcome === "found" && facts.clientId !== identity.appId;
}
