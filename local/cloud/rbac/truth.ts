import { documented, type Truths } from "../kit/truth.ts";

export const rbacTruths: Truths = {
  RoleDefinitions_List: documented("17 built-in roles and the estate's own; `roleName eq`, `type eq`"),
  RoleDefinitions_Get: documented(),
  RoleAssignments_ListForScope: documented(
    "`atScope()`, `principalId eq`, `assignedTo()` with the groups of the principal; management groups too",
  ),
  RoleAssignments_Get: documented(),
  RoleAssignments_Create: documented(
    "conditions with ActionMatches, @Request, @Resource and comparisons of strings and guids; others are refused",
  ),
  RoleAssignments_Delete: documented("with lagging replicas the role goes on working for a while"),
  DenyAssignments_ListForScope: documented(
    "the document was not at hand; those of the estate and of node resource groups",
  ),
  DenyAssignments_Get: documented("as above"),
  Permissions_ListForResource: documented("the document was not at hand; conditions do not show, as in Azure"),
};
