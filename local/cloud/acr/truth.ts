import { documented, type Truths } from "../kit/truth.ts";

const gated = "fields appear with the api-version that brought them";

export const acrTruths: Truths = {
  Registries_List: documented(gated),
  Registries_ListByResourceGroup: documented(gated),
  Registries_Get: documented(gated),
  Registries_Update: documented("done at once, never 202; a policy left out keeps its value"),
};
