import { mayAssign, unlessDenied } from "../assigning.ts";
import { acceptsLoss } from "../link.ts";
import { isTenantKnown, pullsElsewhere } from "../rolesPlan.ts";
import { fail, pass, unknown, warn, type Rule } from "./rule.ts";

export const oldPrincipalRules: readonly Rule[] = [
  {
    id: "old-application",
    title: "the application that the cluster leaves",
    about:
      "The application of the service principal that the cluster uses now. One that is multitenant, or of another tenant, may pull from a third company: fails unless the request accepts it by `acceptOldApplication`. A warning where it is gone. Unknown where Microsoft Graph leaves out what would tell.",
    judge: ({ old, request, cluster }) => {
      if (!old || cluster.outcome !== "found") return undefined;
      const { clientId } = cluster;
      const accepted = request.acceptOldApplication?.toLowerCase();
      if (accepted !== undefined && accepted !== clientId.toLowerCase())
        return fail("CP-BAD-REQUEST", `acceptOldApplication: the cluster uses ${clientId}, not ${accepted}`);
      const { principal } = old;
      if (principal.outcome !== "found") {
        const { outcome, code, detail } = principal;
        if (outcome === "missing")
          return warn(
            `the service principal of ${clientId} is gone: its roles cannot be found by it, and are not copied`,
          );
        return unknown(`${clientId}: ${code}: ${detail}`);
      }
      const elsewhere = pullsElsewhere(principal, request.clusterTenantId);
      if (elsewhere === undefined && !isTenantKnown(principal))
        return unknown(`Microsoft Graph does not say whether ${clientId} is of this tenant alone`);
      if (elsewhere === undefined) return pass(`${clientId} is of this tenant alone`);
      const words = `${clientId} ${elsewhere}: the cluster may pull from a third company with it`;
      return accepted === undefined ? fail("CP-OLD-APPLICATION", words) : warn(`${words}; accepted`);
    },
  },
  {
    id: "roles",
    title: "roles that the cluster lives on",
    about:
      "Every role of the old service principal that can be seen. Those of this cluster are copied; those of other clusters are left. Fails where one is neither, and where the cluster names resources of a subscription whose roles we may not read, unless the request accepts its loss by `acceptLost` (for a subscription: `/subscriptions/ID`). A warning where other roles could not be seen: groups, and other subscriptions.",
    judge: ({ old, request }) => {
      if (!old || old.principal.outcome !== "found") return undefined;
      const { roles, copies, lost } = old.roles;
      // Also of those that are planned as copies: a lock or a deny assignment may refuse one when it is made.
      const known = new Set(roles.map(({ assignmentId }) => assignmentId.toLowerCase()));
      const strange = request.acceptLost.filter((id) => !known.has(id.toLowerCase()));
      if (strange.length > 0)
        return fail(
          "CP-BAD-REQUEST",
          `acceptLost: ${strange.join(", ")} is none of the assignments of the old service principal`,
        );
      const open = lost.filter(({ assignmentId }) => !acceptsLoss(request, assignmentId));
      if (open.length > 0)
        return fail(
          "CP-ROLES-LOST",
          open.map(({ assignmentId, reason }) => `${assignmentId} would be lost: ${reason}`).join("; "),
        );
      const words = `${copies.length} of ${roles.length} role assignments are copied`;
      return old.incomplete === null ? pass(words) : warn(`${words}; ${old.incomplete}`);
    },
  },
  {
    id: "copy-right",
    title: "right to copy the roles",
    about:
      "Our right to assign each role at the place it is copied to, with the conditions of our own role assignments and, in a dry run, the deny assignments there. Fails where Azure shows that we have none, unless the request accepts the loss of what would be copied there by `acceptLost`. Unknown where we may not ask, where a condition asks for what cannot be known now, and where a deny assignment names groups.",
    judge: ({ old, request }) => {
      const places = old?.copyRights ?? [];
      if (places.length === 0) return undefined;
      const judged = places.flatMap((place) =>
        place.copies
          .filter(({ assignmentId }) => !acceptsLoss(request, assignmentId))
          .map(({ assignmentId, roleDefinitionId }) => {
            const may = unlessDenied(mayAssign(place.conditions, roleDefinitionId), place.denials);
            return { ...may, what: `${assignmentId} to ${place.scope}` };
          }),
      );
      const closed = judged.flatMap((one) => (one.outcome === "no" ? [`${one.what}: ${one.reason}`] : []));
      if (closed.length > 0) return fail("CP-ROLES-NOT-COPIED", `our identity may not copy ${closed.join("; ")}`);
      const unseen = judged.flatMap((one) => (one.outcome === "unknown" ? [`${one.what}: ${one.reason}`] : []));
      return unseen.length > 0 ? unknown(unseen.join("; ")) : pass(places.map(({ scope }) => scope).join(", "));
    },
  },
];
