import type { Target } from "../domain/onboarding.ts";
import { activity } from "../durable/calls.ts";
import { inTenant, type Needs } from "./world.ts";

type Input = { readonly cluster: Target; readonly appId: string };
type Output = { readonly outcome: "confirmed" } | { readonly outcome: "notYet"; readonly detail: string };

/** Does the cluster itself report the pull identity, and that it has settled? Reads only. */
export const confirmCluster = activity(
  "confirmCluster",
  async ({ cluster, appId }: Input, { clusters }: Needs<"clusters">): Promise<Output> => {
    const facts = await clusters.get(inTenant(cluster));
    if (facts.outcome !== "found") return { outcome: "notYet", detail: `${facts.code}: ${facts.detail}` };
    const isOurs = facts.clientId.toLowerCase() === appId.toLowerCase();
    if (isOurs && facts.provisioningState === "Succeeded") return { outcome: "confirmed" };
    const state = facts.provisioningState ?? "in an unknown state";
    return { outcome: "notYet", detail: `the cluster reports client id ${facts.clientId} and is ${state}` };
  },
);
