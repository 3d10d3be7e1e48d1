import { documented, observed, type Truths } from "../kit/truth.ts";

const gated = "fields appear with the api-version that brought them";

export const acrTruths: Truths = {
  Registries_List: documented(gated),
  Registries_ListByResourceGroup: documented(gated),
  Registries_Get: documented(gated),
  Registries_Update: documented(
    "done at once, or 202 (201 in versions before 2023) with an operation to follow while `slowRegistryUpdates` is on; a policy left out keeps its value",
  ),
  PrivateEndpointConnections_List: documented("those of the estate, and of the switch"),
  Registries_OperationStatus: observed("as recorded of a creation"),
};
