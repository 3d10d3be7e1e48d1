import { problem } from "../domain/errors.ts";
import { registryOf } from "../domain/onboarding.ts";
import type { SecretRef } from "../domain/pullIdentity.ts";
import { activity } from "../durable/calls.ts";
import { provePull, type PullLook } from "./provePull.ts";
import { inTenant, type Needs } from "./world.ts";

type Input = { readonly linkId: string; readonly appId: string; readonly secret: SecretRef };

/** Pulls what a link promises with one secret, as its cluster does. Reads only. */
export const proveLink = activity(
  "proveLink",
  async (
    { linkId, appId, secret }: Input,
    tools: Needs<"links" | "registries" | "entra" | "vault" | "pulls" | "now">,
  ): Promise<PullLook> => {
    const link = (await tools.links.read(linkId))?.value;
    if (!link) return { outcome: "refused", problem: problem("CP-LINK-NOT-FOUND", `link ${linkId} is gone`) };
    const registry = registryOf(link);
    const facts = await tools.registries.get(inTenant(registry));
    if (facts.outcome !== "found") return { outcome: "notYet", detail: `${facts.code}: ${facts.detail}` };
    const { repositories, image, proof } = link;
    // Proved by token only: the registry's network rules refuse where we are, and will again.
    const notProved = proof !== null && proof.methods.length === 0 ? proof.notProved : [];
    const { loginServer } = facts;
    return provePull.run({ registry, loginServer, repositories, image, appId, secret, notProved }, tools);
  },
  { readsOnly: true },
);
