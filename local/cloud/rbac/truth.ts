import { documented, type Truths } from "../kit/truth.ts";

export const rbacTruths: Truths = {
  RoleDefinitions_List: documented("16 built-in roles and the estate's own; `roleName eq`, `type eq`"),
  RoleDefinitions_Get: documented(),
  RoleAssignments_ListForScope: documented(
    "`atScope()`, `principalId eq`, `assignedTo()`; no groups, deny assignments, locks or management groups",
  ),
  RoleAssignments_Get: documented(),
  RoleAssignments_Create: documented(
    "conditions with ActionMatches, @Request, @Resource and comparisons of strings and guids; others are refused",
  ),
  RoleAssignments_Delete: documented("ends on data planes at once, but for tokens already issued"),
  Permissions_ListForResource: documented("the document was not at hand; conditions do not show, as in Azure"),
};
