import type { UpdateProgress } from "../azure/clients.ts";
import type { LinkRequest } from "../domain/link.ts";
import { activity } from "../durable/calls.ts";
import { clusterOf, patiently, type Needs } from "./world.ts";

type Input = { readonly request: LinkRequest; readonly operation: string };

/** Looks once at a running cluster update: never waits, so that no activity outlives a host. Reads only. */
export const followClusterUpdate = activity(
  "followClusterUpdate",
  async ({ request, operation }: Input, { clusters }: Needs<"clusters">): Promise<UpdateProgress> =>
    clusters.followUpdate(clusterOf(request), operation),
  patiently,
);
