import { problem, type Problem } from "../domain/errors.ts";
import type { HomeRegistry } from "../domain/homeRegistries.ts";
import { acceptsLoss, type Acceptance } from "../domain/link.ts";
import type { Target } from "../domain/onboarding.ts";
import { pullsElsewhere, type RoleCopy } from "../domain/rolesPlan.ts";
import { isManaged, managedIdentity } from "../domain/rules/cluster.ts";
import { clusterUnreadable } from "../domain/unreadable.ts";
import { activity } from "../durable/calls.ts";
import { rolesOf } from "./rolesOf.ts";
import { inTenant, type Needs } from "./world.ts";

type Input = Acceptance & { readonly cluster: Target; readonly appId: string };
type Planned = {
  readonly outcome: "planned";
  /** Application id of the old service principal. */
  readonly from: string;
  readonly copies: readonly RoleCopy[];
  /** Registries of the cluster's own tenant that the old principal could pull from. */
  readonly homeRegistries: readonly HomeRegistry[];
  /** How many assignments are not copied. */
  readonly left: number;
  /** What could not be seen, in words; null where all was. */
  readonly unseen: string | null;
};
type Refused = { readonly outcome: "refused"; readonly problem: Problem };
type Output =
  /** The cluster uses the pull identity already. */
  | { readonly outcome: "ours" }
  | Planned
  | Refused
  /** Something is missing, or hidden, as a slow replica may show it: `ifSo` once several looks say the same. */
  | { readonly outcome: "uncertain"; readonly detail: string; readonly ifSo: Planned | Refused };

/**
 * Reads which roles of the cluster's present service principal belong to this cluster. Refuses, before anything of the
 * cluster is touched, what would be lost and was not accepted by name. Reads only.
 */
export const readRolesPlan = activity(
  "readRolesPlan",
  async (
    { cluster, appId, acceptLost, acceptOldApplication }: Input,
    { clusters, directory, roles }: Needs<"clusters" | "directory" | "roles">,
  ): Promise<Output> => {
    const { tenantId } = cluster;
    const facts = await clusters.get(inTenant(cluster));
    if (facts.outcome !== "found") return { outcome: "refused", problem: clusterUnreadable(cluster.id, facts) };
    if (isManaged(facts)) return { outcome: "refused", problem: managedIdentity(facts) };
    const from = facts.clientId;
    if (from.toLowerCase() === appId.toLowerCase()) return { outcome: "ours" };

    const old = await directory.findServicePrincipal(tenantId, from);
    if (old.outcome === "missing") return gone(from, old.detail);
    if (old.outcome !== "found") {
      const detail = `reading the service principal of ${from} was refused with ${old.code}: ${old.detail}`;
      return { outcome: "refused", problem: problem("CP-DIRECTORY-FORBIDDEN", detail) };
    }
    const elsewhere = pullsElsewhere(old, tenantId);
    if (elsewhere !== undefined && acceptOldApplication?.toLowerCase() !== from.toLowerCase())
      return { outcome: "refused", problem: problem("CP-OLD-APPLICATION", `${from} ${elsewhere}`) };

    const { roles: plan, incomplete } = await rolesOf(tenantId, facts, old, { directory, roles });
    const { copies, lost, homeRegistries, left } = plan;
    const open = lost.filter(({ assignmentId }) => !acceptsLoss({ acceptLost }, assignmentId));
    if (open.length === 0) return { outcome: "planned", from, copies, homeRegistries, left, unseen: incomplete };
    const detail = open.map(({ assignmentId, reason }) => `${assignmentId} (${reason})`).join(", ");
    const refused: Refused = { outcome: "refused", problem: problem("CP-ROLES-LOST", `not copied: ${detail}`) };
    const isSeen = open.some(({ roleDefinitionId }) => roleDefinitionId !== null);
    return isSeen ? refused : { outcome: "uncertain", detail, ifSo: refused };
  },
);

/** An old principal that is really gone has no roles left to carry over. */
function gone(from: string, detail: string): Output {
  const ifSo: Planned = {
    outcome: "planned",
    from,
    copies: [],
    homeRegistries: [],
    left: 0,
    unseen: `${from} is gone`,
  };
  return { outcome: "uncertain", detail: `the service principal of ${from} is not found: ${detail}`, ifSo };
}
