import type { PullAnswer } from "../azure/clients.ts";
import { problem, type Problem } from "../domain/errors.ts";
import { parseImage } from "../domain/image.ts";
import type { LinkRequest, Proof, SecretRef } from "../domain/link.ts";
import { activity } from "../durable/calls.ts";
import { pullSecret } from "./pullSecret.ts";
import { patiently, type Needs } from "./world.ts";

type Input = {
  readonly request: LinkRequest;
  readonly loginServer: string;
  readonly appId: string;
  readonly secret: SecretRef;
};
type Output =
  | { readonly outcome: "proved"; readonly proof: Proof }
  /** The secret, seen from one replica: the caller knows its age. */
  | { readonly outcome: "secretRefused"; readonly detail: string }
  /** The role has not reached the registry yet, or never will. */
  | { readonly outcome: "notYet"; readonly detail: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/** Asked for when nothing is named: the right to pull is judged by name, whether or not such a repository exists. */
const anyRepository = "crosspull/probe";

/**
 * Pulls as the cluster will: client id and secret straight to the registry, and by an Entra token in two hops.
 * Fetches the manifest when an image is named. Reads only.
 */
export const provePull = activity(
  "provePull",
  async (
    { request, loginServer, appId, secret }: Input,
    { entra, vault, pulls, now }: Needs<"entra" | "vault" | "pulls" | "now">,
  ): Promise<Output> => {
    const value = await pullSecret(vault, secret);
    const image = request.image === null ? undefined : parseImage(request.image);
    const target = {
      loginServer,
      repository: image?.repository ?? request.repositories[0] ?? anyRepository,
      reference: image?.reference ?? null,
    };
    const token = await entra.pullToken(request.registryTenantId, appId, value);
    if (token.outcome === "secretRefused" || token.outcome === "noPrincipal") {
      return { outcome: "secretRefused", detail: `Entra token: ${token.code}: ${token.detail}` };
    }
    if (token.outcome !== "issued") {
      const code = token.outcome === "secretExpired" ? "CP-SECRET-REFUSED" : "CP-CONSENT-BLOCKED";
      return {
        outcome: "refused",
        problem: problem(code, `tenant ${request.registryTenantId} answered ${token.code}: ${token.detail}`),
      };
    }
    const asKubelet = await pulls.withPassword(target, appId, value);
    if (asKubelet.outcome === "refused") return judge(asKubelet, request);
    const byToken = await pulls.withEntraToken(target, token.token);
    if (byToken.outcome === "refused") return judge(byToken, request);
    return {
      outcome: "proved",
      proof: {
        provedAt: now().toISOString(),
        image: request.image,
        digest: asKubelet.digest,
        methods: ["kubeletBasicAuth", "entraTokenExchange"],
      },
    };
  },
  patiently,
);

const stages = {
  registryToken: "registry token",
  accessList: "access list of the registry token",
  manifest: "manifest",
  network: "network",
} as const;

/** What a wait may cure is "not yet"; a missing image or a closed network is for a person. */
function judge(
  { stage, status, detail }: Extract<PullAnswer, { outcome: "refused" }>,
  { image, registry }: LinkRequest,
): Output {
  if (stage === "network")
    return {
      outcome: "refused",
      problem: problem("CP-REGISTRY-UNREACHABLE", `${registry} answered ${status}: ${detail}`),
    };
  if (stage === "manifest" && status === 404)
    return {
      outcome: "refused",
      problem: problem("CP-IMAGE-NOT-FOUND", `${image ?? "the image"} is not in ${registry}`),
    };
  return { outcome: "notYet", detail: `${stages[stage]}: ${status} ${detail}` };
}
