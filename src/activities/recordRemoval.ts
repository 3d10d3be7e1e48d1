import type { Problem } from "../domain/errors.ts";
import { usesIdentity, type Link } from "../domain/link.ts";
import { ended, type Step } from "../domain/operation.ts";
import { leftOf, type FormerGrant, type IdentityEnd, type PullEnd, type Removal } from "../domain/removal.ts";
import type { Instant } from "../domain/time.ts";
import { activity } from "../durable/calls.ts";
import { allRows } from "./allRows.ts";
import type { Needs } from "./world.ts";

type Removed = {
  readonly taken: { readonly appId: string | null; readonly grant: FormerGrant | null };
  readonly pull: PullEnd | null;
  readonly tokensUntil: Instant | null;
  readonly identity: IdentityEnd;
};
type Input = {
  readonly operationId: string;
  readonly linkId: string;
  readonly clusterKey: string;
  readonly state: "ended" | "failed" | "cancelled";
  readonly problem: Problem | null;
  /** null where the removal did not come to its end. */
  readonly removed: Removed | null;
  readonly steps: readonly Step[];
};

/**
 * The last act of every offboarding: lets go of the cluster, writes the proof on the link, or why there is none, and on the
 * operation how it ended, which comes last.
 */
export const recordRemoval = activity(
  "recordRemoval",
  async (
    { operationId, linkId, clusterKey, state, problem, removed, steps }: Input,
    { links, identities, operations, now }: Needs<"links" | "identities" | "operations" | "now">,
  ): Promise<void> => {
    const at = now().toISOString();
    await identities.updateFor(operationId, clusterKey, (identity) => ({ ...identity, holder: null }));
    const link = (await links.read(linkId))?.value;
    const removal = link && removed && removalOf(link, removed, await sharesTenant(link, { links }), at);
    await links.updateFor(operationId, linkId, (row) => ({
      ...row,
      ...(removal
        ? { status: "removed", removal, appId: null, readySince: null, problem: null }
        : notRemoved(row, problem)),
      updatedAt: at,
    }));
    // One that never got the link is not asked for any more.
    await links.update(linkId, (row) =>
      row.removalId === operationId && row.operationId !== operationId ? { ...row, removalId: null } : row,
    );
    await operations.updateFor(operationId, operationId, (operation) =>
      ended(operation, { state, problem, steps }, at),
    );
  },
);

/**
 * What a removal that failed leaves: the proof of an earlier one stands, and where the role could not be taken back a link
 * that worked does. The operation says why it failed.
 */
function notRemoved({ grant, readySince, removal }: Link, problem: Problem | null): Pick<Link, "status" | "problem"> {
  if (removal !== null) return { status: "removed", problem: null };
  return grant !== null && readySince !== null ? { status: "ready", problem: null } : { status: "failed", problem };
}

function removalOf(link: Link, removed: Removed, isTenantShared: boolean, at: Instant): Removal {
  const { pull, tokensUntil, identity } = removed;
  const { appId, grant } = removed.taken;
  const { id: linkId, cluster, registryTenantId } = link;
  return {
    provedAt: at,
    from: "crosspull",
    appId,
    grant,
    pull,
    tokensUntil,
    identity,
    left: leftOf({ linkId, cluster, registryTenantId, appId, grant, identity, isTenantShared }),
  };
}

/** Does another link of the cluster pull from a registry of the same tenant, by the same service principal? */
export async function sharesTenant(
  { id, clusterKey, registryTenantId }: Link,
  { links }: Needs<"links">,
): Promise<boolean> {
  for await (const link of allRows(links, { clusterKey }))
    if (link.id !== id && link.registryTenantId === registryTenantId && usesIdentity(link)) return true;
  return false;
}
