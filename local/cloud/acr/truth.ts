import { documented, observed, type Truths } from "../kit/truth.ts";

const gated = "fields appear with the api-version that brought them";

export const acrTruths: Truths = {
  Registries_List: documented(gated),
  Registries_ListByResourceGroup: documented(gated),
  Registries_Get: documented(gated),
  Registries_Update: documented(
    "done at once, or 202 with an operation to follow while `slowRegistryUpdates` is on; a policy left out keeps its value",
  ),
  Registries_OperationStatus: observed("as recorded of a creation"),
};
