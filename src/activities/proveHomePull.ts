import { problem } from "../domain/errors.ts";
import type { Target } from "../domain/onboarding.ts";
import type { SecretRef } from "../domain/pullIdentity.ts";
import type { Problem } from "../domain/errors.ts";
import { registryUnreadable } from "../domain/unreadable.ts";
import { activity } from "../durable/calls.ts";
import { pullSecret } from "./pullSecret.ts";
import { inTenant, type Needs } from "./world.ts";

type Input = { readonly registry: Target; readonly appId: string; readonly secret: SecretRef };
type Output =
  | { readonly outcome: "proved" }
  | { readonly outcome: "secretRefused" | "secretLost" | "notYet"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/** Asked for because the right to pull is judged by name, whether or not such a repository exists. */
const anyRepository = "crosspull/probe";

/**
 * Pulls with the new credential from a registry of the cluster's own tenant, as a kubelet does: the nodes must not lose
 * what they could pull before. A registry that we may not read or reach is none of our evidence. Reads only.
 */
export const proveHomePull = activity(
  "proveHomePull",
  async (
    { registry, appId, secret }: Input,
    { registries, vault, pulls }: Needs<"registries" | "vault" | "pulls">,
  ): Promise<Output> => {
    const facts = await registries.get(inTenant(registry));
    if (facts.outcome === "missing") return { outcome: "proved" };
    if (facts.outcome !== "found") return { outcome: "refused", problem: registryUnreadable(registry.id, facts) };
    const read = await pullSecret(vault, secret);
    if (read.outcome === "gone") return { outcome: "secretLost", detail: read.detail };
    if (read.outcome === "refused") return read;
    const target = { loginServer: facts.loginServer, repository: anyRepository, reference: null, named: false };
    const pull = await pulls.withPassword(target, appId, read.value);
    if (pull.outcome === "pulled") return { outcome: "proved" };
    if (pull.curedBy === "time") return { outcome: "notYet", detail: `${pull.stage}: ${pull.status} ${pull.detail}` };
    // The network refuses us, not the nodes: their own way there is not changed by another credential.
    if (pull.stage === "network") return { outcome: "proved" };
    const detail = `${registry.id} answered ${pull.status}: ${pull.detail}`;
    return { outcome: "refused", problem: problem("CP-HOME-PULL-REFUSED", detail) };
  },
);
