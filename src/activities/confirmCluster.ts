import type { LinkRequest } from "../domain/link.ts";
import { activity } from "../durable/calls.ts";
import { clusterOf, patiently, type Needs } from "./world.ts";

type Input = { readonly request: LinkRequest; readonly appId: string };
type Output = { readonly outcome: "confirmed" } | { readonly outcome: "notYet"; readonly detail: string };

/** Does the cluster itself report the pull identity, and that it has settled? Reads only. */
export const confirmCluster = activity(
  "confirmCluster",
  async ({ request, appId }: Input, { clusters }: Needs<"clusters">): Promise<Output> => {
    const facts = await clusters.get(clusterOf(request));
    if (facts.outcome !== "found") return { outcome: "notYet", detail: facts.detail };
    if (facts.clientId === appId && facts.provisioningState === "Succeeded") return { outcome: "confirmed" };
    return {
      outcome: "notYet",
      detail: `the cluster reports client id ${facts.clientId} and is ${facts.provisioningState}`,
    };
  },
  patiently,
);
