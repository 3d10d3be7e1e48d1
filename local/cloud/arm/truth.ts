import { documented, type Truths } from "../kit/truth.ts";

export const armTruths: Truths = {
  Subscriptions_List: documented(
    "only subscriptions in which the caller has a role; `nextLink` is empty, `count` is left out",
  ),
  Subscriptions_Get: documented(),
  Resources_List: documented(
    "clusters, registries and vaults; `$filter` with eq on resourceType, name, resourceGroup, location",
  ),
};
