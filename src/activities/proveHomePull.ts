import { problem } from "../domain/errors.ts";
import { repositoryToTry, type PullRight } from "../domain/homeRegistries.ts";
import type { Target } from "../domain/onboarding.ts";
import type { SecretRef } from "../domain/pullIdentity.ts";
import type { Problem } from "../domain/errors.ts";
import { registryUnreadable } from "../domain/unreadable.ts";
import { activity } from "../durable/calls.ts";
import { pullSecret } from "./pullSecret.ts";
import { inTenant, type Needs } from "./world.ts";

type Input = {
  readonly registry: Target;
  /** By which the old principal could pull. */
  readonly rights: readonly PullRight[];
  /** As an earlier look read it; null in the first. */
  readonly asked: Asked | null;
  readonly appId: string;
  readonly secret: SecretRef;
};
/** What is asked of the registry. */
type Asked = { readonly loginServer: string; readonly repository: string };
type Output =
  /** `asked`: for the next look; null where that has to read it again. */
  | { readonly outcome: "proved"; readonly asked: Asked | null }
  | { readonly outcome: "notYet"; readonly asked: Asked | null; readonly detail: string }
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
    { registry, rights, asked: known, appId, secret }: Input,
    { registries, vault, pulls }: Needs<"registries" | "vault" | "pulls">,
  ): Promise<Output> => {
    const found = known ?? (await askedOf(registry, rights, registries));
    if ("outcome" in found) return found;
    const read = await pullSecret(vault, secret);
    if (read.outcome === "gone") return { outcome: "secretLost", detail: read.detail };
    if (read.outcome === "refused") return read;
    const target = { ...found, reference: null, named: false };
    let pull = await pulls.withPassword(target, appId, read.value);
    for (let made = 1; made < pullsInALook && pull.outcome === "pulled"; made += 1)
      pull = await pulls.withPassword(target, appId, read.value);
    if (pull.outcome === "pulled") return { outcome: "proved", asked: found };
    // Of a registry that does not answer nothing is known: it may be gone by the next look.
    const asked = pull.stage === "network" ? null : found;
    if (pull.curedBy === "time")
      return { outcome: "notYet", asked, detail: `${pull.stage}: ${pull.status} ${pull.detail}` };
    // The network refuses us, not the nodes: their own way there is not changed by another credential.
    if (pull.stage === "network") return { outcome: "proved", asked: null };
    const detail = `${registry.id} answered ${pull.status}: ${pull.detail}`;
    return { outcome: "refused", problem: problem("CP-HOME-PULL-REFUSED", detail) };
  },
  { readsOnly: true },
);

async function askedOf(
  registry: Target,
  rights: readonly PullRight[],
  registries: Needs<"registries">["registries"],
): Promise<Asked | Output> {
  const facts = await registries.get(inTenant(registry));
  if (facts.outcome === "missing") return { outcome: "proved", asked: null };
  if (facts.outcome !== "found") return { outcome: "refused", problem: registryUnreadable(registry.id, facts) };
  const repository = repositoryToTry(rights, facts.roleMode);
  return repository === undefined ? { outcome: "proved", asked: null } : { loginServer: facts.loginServer, repository };
}
