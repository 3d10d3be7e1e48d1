import { documented, type Truths } from "../kit/truth.ts";

const named = "by object id, `appId='..'` or `uniqueName='..'`";
const filter = "not paged; `$filter` with eq on a text, startswith, and any(c:c eq '..')";

export const graphTruths: Truths = {
  application_List: documented(filter),
  application_Create: documented("certificates and federated credentials cannot be set"),
  application_Get: documented(named),
  application_GetByAppId: documented(),
  application_GetByUniqueName: documented("in the reference; the document has no uniqueName"),
  application_Update: documented(named),
  application_UpdateByAppId: documented(),
  application_UpdateByUniqueName: documented("upsert with `Prefer: create-if-missing`; in the reference only"),
  application_Delete: documented("gone at once; no deletedItems"),
  application_DeleteByAppId: documented("gone at once; no deletedItems"),
  application_DeleteByUniqueName: documented("gone at once; no deletedItems"),
  application_AddPassword: documented(),
  application_AddPasswordByAppId: documented(),
  application_AddPasswordByUniqueName: documented("in the reference; the document has no uniqueName"),
  application_RemovePassword: documented(),
  application_RemovePasswordByAppId: documented(),
  application_RemovePasswordByUniqueName: documented("in the reference; the document has no uniqueName"),
  servicePrincipal_List: documented(filter),
  servicePrincipal_Create: documented(),
  servicePrincipal_Get: documented(),
  servicePrincipal_GetByAppId: documented(),
  servicePrincipal_Update: documented("`accountEnabled` alone"),
  servicePrincipal_UpdateByAppId: documented("`accountEnabled` alone"),
  servicePrincipal_Delete: documented(),
  servicePrincipal_DeleteByAppId: documented(),
  directoryObject_GetByIds: documented("applications and service principals; in the reference only"),
  tenantAppManagementPolicy_Get: documented("restricts nothing; in the reference only"),
};
