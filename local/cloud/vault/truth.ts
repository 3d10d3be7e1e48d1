import { documented, observed, type Truths } from "../kit/truth.ts";

const denial =
  "access-policy mode, firewall and Azure Policy refuse as in life; the words of Azure Policy's are chosen";

export const vaultTruths: Truths = {
  SetSecret: documented(denial),
  GetSecret: documented("a read beyond `exp` or before `nbf` is answered, as in Key Vault"),
  GetSecrets: documented(),
  GetSecretVersions: documented(),
  UpdateSecret: documented(denial),
  DeleteSecret: documented(),
  GetDeletedSecrets: documented(),
  GetDeletedSecret: documented(),
  RecoverDeletedSecret: documented(),
  PurgeDeletedSecret: documented(),
};

/** Of the vaults as resources. */
export const vaultArmTruths: Truths = {
  Vaults_ListBySubscription: observed(),
  Vaults_ListByResourceGroup: observed(),
  Vaults_Get: observed(),
  Vaults_CreateOrUpdate: observed("of a vault there is: what the body leaves out is as in a new vault; acts at once"),
  Vaults_Update: observed(
    "`tags`, `enableRbacAuthorization`, `accessPolicies`, `networkAcls`, `publicNetworkAccess`, `enablePurgeProtection`, `softDeleteRetentionInDays`; acts at once",
  ),
};
