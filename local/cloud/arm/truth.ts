import { documented, type Truths } from "../kit/truth.ts";

export const armTruths: Truths = {
  Subscriptions_List: documented(
    "only subscriptions in which the caller has a role; `nextLink` is empty, `count` is left out",
  ),
  Subscriptions_Get: documented(),
  Resources_List: documented(
    "clusters, registries and vaults; `$filter` with eq on resourceType, name, resourceGroup, location",
  ),
  ManagementLocks_ListByScope: documented("the document was not at hand; those above, on and below the scope"),
  ManagementLocks_GetByScope: documented("as above"),
  ManagementLocks_CreateOrUpdateByScope: documented("as above"),
  ManagementLocks_DeleteByScope: documented("as above"),
  PolicyDefinitions_List: documented("Microsoft's two for registries and those that were made; no sets, no versions"),
  PolicyDefinitions_ListByManagementGroup: documented("as above"),
  PolicyDefinitions_ListBuiltIn: documented("as above"),
  PolicyDefinitions_Get: documented(),
  PolicyDefinitions_GetAtManagementGroup: documented(),
  PolicyDefinitions_GetBuiltIn: documented(),
  PolicyDefinitions_CreateOrUpdate: documented(
    "conditions with allOf, anyOf, not and the common operators, `parameters()` and `field()`; others are refused",
  ),
  PolicyDefinitions_CreateOrUpdateAtManagementGroup: documented("as above"),
  PolicyDefinitions_Delete: documented(),
  PolicyDefinitions_DeleteAtManagementGroup: documented(),
  PolicyAssignments_ListForResource: documented("at any scope; `atScope()` and `policyDefinitionId eq`"),
  PolicyAssignments_Get: documented(),
  PolicyAssignments_Create: documented("acts at once on new writes; deny, modify and append act, other effects do not"),
  PolicyAssignments_Delete: documented(),
};
