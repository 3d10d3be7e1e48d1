import type { Link } from "../domain/link.ts";
import type { FormerGrant } from "../domain/removal.ts";
import type { Instant } from "../domain/time.ts";
import { activity } from "../durable/calls.ts";
import { askCancel } from "./askCancel.ts";
import { isAlive } from "./claimCluster.ts";
import { stale, type Needs } from "./world.ts";

type Input = { readonly operationId: string; readonly linkId: string };
export type Taken = {
  readonly outcome: "taken";
  readonly appId: string | null;
  /** What let the link pull, by its own row; null where nothing ever did. */
  readonly grant: FormerGrant | null;
  /** Told by an earlier removal, of which this one takes up what was left. */
  readonly tokensUntil: Instant | null;
};
type Output = Taken | { readonly outcome: "notYet"; readonly detail: string };

/**
 * Takes a link over for its removal. An operation that has it is asked to cancel, and one that changes the cluster is waited
 * for: both end by themselves, and leave nothing half done. Only the removal that was asked for last may take the link.
 */
export const takeLink = activity(
  "takeLink",
  async (
    { operationId, linkId }: Input,
    tools: Needs<"links" | "operations" | "instances" | "now">,
  ): Promise<Output> => {
    const link = (await tools.links.read(linkId))?.value;
    if (link?.removalId !== operationId) throw stale(`link ${linkId}`, link?.removalId ?? null);
    if (link.operationId === operationId) return taken(link);
    const holder = (await tools.operations.read(link.operationId))?.value;
    if (holder && (await isAlive(holder.id, tools))) {
      const isCancelled = (await askCancel(holder, tools))?.cancel === "asked";
      const words = isCancelled ? "is cancelled first" : "changes the cluster, and is waited for";
      return { outcome: "notYet", detail: `operation ${holder.id} ${words}` };
    }
    const at = tools.now().toISOString();
    const row = await tools.links.update(linkId, (current) =>
      current.removalId === operationId && current.operationId === link.operationId
        ? {
            ...current,
            operationId,
            status: "offboarding",
            problem: null,
            consent: null,
            formerGrant: grantOf(current),
            updatedAt: at,
          }
        : current,
    );
    if (row?.operationId !== operationId) throw stale(`link ${linkId}`, row?.operationId ?? null);
    return taken(row);
  },
  { asksDurable: true },
);

function taken({ appId, formerGrant, removal }: Link): Taken {
  const tokensUntil = removal?.tokensUntil ?? null;
  return { outcome: "taken", appId: appId ?? removal?.appId ?? null, grant: formerGrant, tokensUntil };
}

/** What stands on the row, or may stand since its answer was lost; else what an earlier removal has taken back. */
function grantOf({ grant, grantsIntended, formerGrant }: Link): FormerGrant | null {
  if (grant !== null) return { assignmentId: grant.assignmentId, ours: grant.ours };
  const [intended] = grantsIntended;
  return intended === undefined ? formerGrant : { assignmentId: intended, ours: true };
}
