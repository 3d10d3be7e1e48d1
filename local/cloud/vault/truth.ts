import { documented, type Truths } from "../kit/truth.ts";

const bin = "the recycle bin has no end of time";

export const vaultTruths: Truths = {
  SetSecret: documented(),
  GetSecret: documented("a read beyond `exp` or before `nbf` is answered, as in Key Vault"),
  GetSecrets: documented(),
  GetSecretVersions: documented(),
  UpdateSecret: documented(),
  DeleteSecret: documented(bin),
  GetDeletedSecret: documented(bin),
  RecoverDeletedSecret: documented(),
  PurgeDeletedSecret: documented(),
};
