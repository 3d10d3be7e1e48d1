import { registryOf } from "../domain/onboarding.ts";
import type { SecretRef } from "../domain/pullIdentity.ts";
import { activity } from "../durable/calls.ts";
import { provePull, type PullLook } from "./provePull.ts";
import { inTenant, type Needs } from "./world.ts";

type Input = { readonly linkId: string; readonly appId: string; readonly secret: SecretRef };

/** Its role was taken back: it promises nothing any more. */
type Gone = { readonly outcome: "gone" };

/** Pulls what a link promises with one secret, as its cluster does. Reads only. */
export const proveLink = activity(
  "proveLink",
  async (
    { linkId, appId, secret }: Input,
    tools: Needs<"links" | "registries" | "entra" | "vault" | "pulls" | "now">,
  ): Promise<PullLook | Gone> => {
    const link = (await tools.links.read(linkId))?.value;
    if (!link || link.grant === null) return { outcome: "gone" };
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
