import type { PullAnswer, PullToken } from "../azure/clients.ts";
import { usableSecret } from "../domain/pullIdentity.ts";
import { registryOf } from "../domain/onboarding.ts";
import { secondsBetween } from "../domain/time.ts";
import { activity } from "../durable/calls.ts";
import { targetsOf } from "./provePull.ts";
import { pullSecret } from "./pullSecret.ts";
import { inTenant, type Needs } from "./world.ts";

type Input = {
  readonly linkId: string;
  readonly clusterKey: string;
  /** A refusal of a secret younger than this may be a slow replica. */
  readonly youngSecretInSeconds: number;
};
export type RefusalLook =
  | { readonly outcome: "refused"; readonly by: "registry" | "entra"; readonly words: string }
  /** It still pulls, or nobody answered: rights that were taken back linger for minutes. */
  | { readonly outcome: "notYet"; readonly detail: string; readonly pulls: boolean }
  /** No credential to try it with, or network rules that keep us from trying. */
  | { readonly outcome: "notShown"; readonly words: string };

type Tools = Needs<"links" | "identities" | "registries" | "entra" | "vault" | "pulls" | "now">;

/**
 * Tries to pull as the cluster does, with a credential that works and fresh tokens, what the link let it pull; every part of
 * it has to be refused. Reads only.
 */
export const proveRefusal = activity(
  "proveRefusal",
  async ({ linkId, clusterKey, youngSecretInSeconds }: Input, tools: Tools): Promise<RefusalLook> => {
    const { links, identities, registries, entra, vault, pulls } = tools;
    const link = (await links.read(linkId))?.value;
    const identity = (await identities.read(clusterKey))?.value;
    const secret = identity && usableSecret(identity, tools.now());
    if (!link || !secret || identity.appId === null)
      return {
        outcome: "notShown",
        words: "the pull identity has no secret any more with which the pull could be tried",
      };
    const read = await pullSecret(vault, secret);
    if (read.outcome === "gone") return { outcome: "notShown", words: `the pull cannot be tried: ${read.detail}` };
    if (read.outcome === "refused") return { outcome: "notYet", detail: read.problem.detail, pulls: false };

    const registry = registryOf(link);
    const token = await entra.pullToken(registry.tenantId, identity.appId, read.value);
    if (token.outcome !== "issued") {
      const isYoung = secondsBetween(secret.createdAt, tools.now()) <= youngSecretInSeconds;
      return withoutToken(token, isYoung);
    }
    const facts = await registries.get(inTenant(registry));
    if (facts.outcome === "missing")
      return { outcome: "notShown", words: `the registry is gone (${facts.code}), and with it what could be pulled` };
    if (facts.outcome !== "found") return { outcome: "notYet", detail: `${facts.code}: ${facts.detail}`, pulls: false };

    const [first, ...others] = targetsOf(facts.loginServer, link.repositories, link.image);
    let words = "";
    for (const target of [first, ...others]) {
      const answer = judged(await pulls.withPassword(target, identity.appId, read.value), target.repository);
      if (answer.outcome !== "refused") return answer;
      words = answer.words;
    }
    const byToken = judged(await pulls.withEntraToken(first, token.token), first.repository);
    return byToken.outcome === "refused" ? { outcome: "refused", by: "registry", words } : byToken;
  },
  { readsOnly: true },
);

/**
 * Without its service principal nobody pulls. A secret that is refused, or a policy that keeps us out, shows nothing: nodes
 * hold their own, and ask from elsewhere.
 */
function withoutToken(
  { outcome, code, detail }: Exclude<PullToken, { outcome: "issued" }>,
  isYoung: boolean,
): RefusalLook {
  const words = `${code}: ${detail}`;
  if (outcome === "noPrincipal") return { outcome: "refused", by: "entra", words };
  if (outcome === "secretRefused" && isYoung) return { outcome: "notYet", detail: words, pulls: false };
  return { outcome: "notShown", words: `Entra gives us no token to try the pull with: ${words}` };
}

/** Refused is who gets no token of the registry, or one that does not allow it; what comes after that is let in. */
function judged(answer: PullAnswer, repository: string): RefusalLook {
  if (answer.outcome === "pulled")
    return { outcome: "notYet", detail: `the registry still gives out ${repository}`, pulls: true };
  const { stage, status, detail, curedBy } = answer;
  const words = `${status} ${detail}`;
  if (stage === "network")
    return curedBy === "person"
      ? { outcome: "notShown", words: `the registry's network rules refuse us: ${words}` }
      : { outcome: "notYet", detail: words, pulls: false };
  const isRefused =
    stage === "accessList" ||
    ((stage === "registryToken" || stage === "manifest") && curedBy === "time" && isDenial(status));
  if (isRefused) return { outcome: "refused", by: "registry", words };
  return { outcome: "notYet", detail: `the registry lets us in to ${repository}: ${words}`, pulls: true };
}

function isDenial(status: number): boolean {
  return status === 400 || status === 401 || status === 403;
}
