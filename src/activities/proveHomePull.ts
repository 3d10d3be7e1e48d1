import { problem } from "../domain/errors.ts";
import { anyRepository } from "../domain/image.ts";
import type { Target } from "../domain/onboarding.ts";
import type { SecretRef } from "../domain/pullIdentity.ts";
import type { Problem } from "../domain/errors.ts";
import { registryUnreadable } from "../domain/unreadable.ts";
import { activity } from "../durable/calls.ts";
import { pullSecret } from "./pullSecret.ts";
import { inTenant, type Needs } from "./world.ts";

type Input = {
  readonly registry: Target;
  /** As an earlier look read it; null in the first. */
  readonly loginServer: string | null;
  readonly appId: string;
  readonly secret: SecretRef;
};
type Output =
  /** `loginServer`: for the next look; null where that has to read it again. */
  | { readonly outcome: "proved"; readonly loginServer: string | null }
  | { readonly outcome: "notYet"; readonly loginServer: string | null; readonly detail: string }
  | { readonly outcome: "secretRefused" | "secretLost"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/** Each may come to another replica of the registry, and a node's pull may come to the one that knows a role last. */
const pullsInALook = 3;

/**
 * Pulls with the new credential from a registry of the cluster's own tenant, as a kubelet does: the nodes must not lose
 * what they could pull before. A registry that we may not read or reach is none of our evidence. Reads only.
 */
export const proveHomePull = activity(
  "proveHomePull",
  async (
    { registry, loginServer: known, appId, secret }: Input,
    { registries, vault, pulls }: Needs<"registries" | "vault" | "pulls">,
  ): Promise<Output> => {
    const found = known === null ? await serverOf(registry, registries) : { outcome: "found" as const, server: known };
    if (found.outcome !== "found") return found;
    const read = await pullSecret(vault, secret);
    if (read.outcome === "gone") return { outcome: "secretLost", detail: read.detail };
    if (read.outcome === "refused") return read;
    const target = { loginServer: found.server, repository: anyRepository, reference: null, named: false };
    let pull = await pulls.withPassword(target, appId, read.value);
    for (let made = 1; made < pullsInALook && pull.outcome === "pulled"; made += 1)
      pull = await pulls.withPassword(target, appId, read.value);
    if (pull.outcome === "pulled") return { outcome: "proved", loginServer: found.server };
    // Of a registry that does not answer nothing is known: it may be gone by the next look.
    const loginServer = pull.stage === "network" ? null : found.server;
    if (pull.curedBy === "time")
      return { outcome: "notYet", loginServer, detail: `${pull.stage}: ${pull.status} ${pull.detail}` };
    // The network refuses us, not the nodes: their own way there is not changed by another credential.
    if (pull.stage === "network") return { outcome: "proved", loginServer: null };
    const detail = `${registry.id} answered ${pull.status}: ${pull.detail}`;
    return { outcome: "refused", problem: problem("CP-HOME-PULL-REFUSED", detail) };
  },
);

type Found = { readonly outcome: "found"; readonly server: string };

async function serverOf(registry: Target, registries: Needs<"registries">["registries"]): Promise<Found | Output> {
  const facts = await registries.get(inTenant(registry));
  if (facts.outcome === "found") return { outcome: "found", server: facts.loginServer };
  if (facts.outcome === "missing") return { outcome: "proved", loginServer: null };
  return { outcome: "refused", problem: registryUnreadable(registry.id, facts) };
}
