import type { PullAnswer, PullTarget, PullToken } from "../azure/clients.ts";
import { problem, type Problem } from "../domain/errors.ts";
import { anyRepository, parseImage, referenceOf, type Image } from "../domain/image.ts";
import type { Proof } from "../domain/link.ts";
import type { Target } from "../domain/onboarding.ts";
import type { SecretRef } from "../domain/pullIdentity.ts";
import { activity } from "../durable/calls.ts";
import { pullSecret } from "./pullSecret.ts";
import type { Needs } from "./world.ts";

type Input = {
  readonly registry: Target;
  readonly loginServer: string;
  readonly repositories: readonly string[];
  readonly image: string | null;
  readonly appId: string;
  readonly secret: SecretRef;
  /** What the registry's network rules keep this proof from showing. */
  readonly notProved: readonly string[];
};
export type PullLook =
  | { readonly outcome: "proved"; readonly proof: Proof }
  /** AADSTS7000215, seen from one replica: the caller knows the secret's age. */
  | { readonly outcome: "secretRefused"; readonly detail: string }
  /** Expired, or gone from the vault: no wait cures that. */
  | { readonly outcome: "secretLost"; readonly detail: string }
  /** A replica does not know the principal; the caller knows when consent was given. */
  | { readonly outcome: "noPrincipal"; readonly detail: string }
  /** No answer, or a role that has not reached the registry yet, or never will. */
  | { readonly outcome: "notYet"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/**
 * Pulls as the cluster will: client id and secret straight to the registry, and by an Entra token in two hops. Fetches
 * the manifest and one blob when an image is named, and looks the named repositories up. Reads only.
 */
export const provePull = activity(
  "provePull",
  async (
    { registry, loginServer, repositories, image, appId, secret, notProved }: Input,
    { entra, vault, pulls, now }: Needs<"entra" | "vault" | "pulls" | "now">,
  ): Promise<PullLook> => {
    const read = await pullSecret(vault, secret);
    if (read.outcome === "gone") return { outcome: "secretLost", detail: read.detail };
    if (read.outcome === "refused") return read;
    const token = await entra.pullToken(registry.tenantId, appId, read.value);
    if (token.outcome !== "issued") return tokenRefused(token, registry.tenantId);

    const [first, ...others] = targetsOf(loginServer, repositories, image);
    const asKubelet = await pulls.withPassword(first, appId, read.value);
    if (asKubelet.outcome === "refused") {
      // Known since preflight: the registry's network rules refuse where we are. The token is all that can be had.
      if (isNetworkRefusal(asKubelet) && notProved.length > 0)
        return { outcome: "proved", proof: byTokenOnly(now(), notProved) };
      return pullRefused(asKubelet, image ?? first.repository, registry.id);
    }
    for (const target of others) {
      const lookedUp = await pulls.withPassword(target, appId, read.value);
      if (lookedUp.outcome === "refused") return pullRefused(lookedUp, target.repository, registry.id);
    }
    const byToken = await pulls.withEntraToken(first, token.token);
    if (byToken.outcome === "refused") return pullRefused(byToken, image ?? first.repository, registry.id);
    return {
      outcome: "proved",
      proof: {
        provedAt: now().toISOString(),
        from: "crosspull",
        image,
        digest: asKubelet.digest,
        blobHost: asKubelet.blobHost,
        methods: ["kubeletBasicAuth", "entraTokenExchange"],
        stages: stagesOf(asKubelet),
        notProved: [...notProved, notFromNodes],
      },
    };
  },
  { readsOnly: true },
);

function isNetworkRefusal({ stage, curedBy }: Extract<PullAnswer, { outcome: "refused" }>): boolean {
  return stage === "network" && curedBy === "person";
}

function byTokenOnly(now: Date, notProved: readonly string[]): Proof {
  return {
    provedAt: now.toISOString(),
    from: "crosspull",
    image: null,
    digest: null,
    blobHost: null,
    methods: [],
    stages: ["entraToken"],
    notProved: [...notProved, notFromNodes],
  };
}

const notFromNodes = "a pull by the cluster's own nodes: this one was made from where Crosspull runs";

/** The image first, then every named repository; with neither, the right to pull alone. */
export function targetsOf(
  loginServer: string,
  repositories: readonly string[],
  image: string | null,
): readonly [PullTarget, ...PullTarget[]] {
  const parsed = image === null ? undefined : imageOf(image);
  const named = repositories
    .filter((repository) => repository !== parsed?.repository)
    .map((repository): PullTarget => ({ loginServer, repository, reference: null, named: true }));
  if (parsed)
    return [{ loginServer, repository: parsed.repository, reference: referenceOf(parsed), named: true }, ...named];
  const [first = { loginServer, repository: anyRepository, reference: null, named: false }, ...others] = named;
  return [first, ...others];
}

/** Checked at the edge: a malformed one here is a defect. */
function imageOf(text: string): Image {
  const parsed = parseImage(text);
  if (parsed.outcome === "malformed") throw new Error(`"${text}" ${parsed.reason}`);
  return parsed.image;
}

function stagesOf({ digest, blobHost }: Extract<PullAnswer, { outcome: "pulled" }>): Proof["stages"] {
  const manifest = digest === null ? [] : (["manifest"] as const);
  const blob = blobHost === null ? [] : (["blob"] as const);
  return ["entraToken", "registryToken", "accessList", ...manifest, ...blob];
}

function tokenRefused(token: Exclude<PullToken, { outcome: "issued" }>, tenantId: string): PullLook {
  const detail = `Entra token from tenant ${tenantId}: ${token.code}: ${token.detail}`;
  switch (token.outcome) {
    case "noPrincipal":
      return { outcome: "noPrincipal", detail };
    case "secretRefused":
      return { outcome: "secretRefused", detail };
    case "secretExpired":
      return { outcome: "secretLost", detail };
    case "noRegistryService":
      return { outcome: "refused", problem: problem("CP-REGISTRY-SERVICE-MISSING", detail) };
    case "refused":
      return { outcome: "refused", problem: problem("CP-CONSENT-BLOCKED", detail) };
  }
}

const stages = {
  registryToken: "registry token",
  accessList: "access list of the registry token",
  repository: "repository",
  manifest: "manifest",
  blob: "blob",
  network: "network",
} as const;

/** What a wait may cure is "not yet"; a missing image, a locked one or a closed network is for a person. */
function pullRefused(
  { stage, status, detail, curedBy, missing }: Extract<PullAnswer, { outcome: "refused" }>,
  what: string,
  registry: string,
): PullLook {
  const words = `${stages[stage]}: ${status} ${detail}`;
  if (curedBy === "time") return { outcome: "notYet", detail: words };
  if (stage === "network")
    return {
      outcome: "refused",
      problem: problem("CP-REGISTRY-UNREACHABLE", `${registry} answered ${status}: ${detail}`),
    };
  if (missing)
    return {
      outcome: "refused",
      problem: problem("CP-IMAGE-NOT-FOUND", `${what} is not in ${registry}: ${detail}`),
    };
  return { outcome: "refused", problem: problem("CP-PULL-REFUSED", `${registry}: ${words}`) };
}
