import type { TokenCredential } from "@azure/identity";
import type { Secret } from "../domain/secret.ts";
import type { PullAnswer, PullStage, PullTarget } from "./clients.ts";
import { failureOf, transient, without, type Failure } from "./errors.ts";
import { isFirewalled, sentenceIn } from "./registryHttp.ts";

const tokenLifeInMs = 600_000;

/** A pull as the Azure SDK does it: challenge, exchange, token, manifest; the client checks the manifest's digest. */
export async function pullWithContentClient(
  { loginServer, repository }: PullTarget,
  reference: string,
  token: Secret,
): Promise<PullAnswer> {
  const { ContainerRegistryContentClient } = await import("@azure/container-registry");
  // A client of its own each time: it keeps its access token, which knows only the roles of the moment it was made.
  const client = new ContainerRegistryContentClient(`https://${loginServer}`, repository, holding(token));
  try {
    const { digest, mediaType, content } = await client.getManifest(reference);
    return { outcome: "pulled", digest, mediaType, sizeInBytes: content.length };
  } catch (error) {
    return refusal(without(token, failureOf(error)), pathOf(error), `${loginServer}/${repository}`);
  }
}

function holding(token: Secret): TokenCredential {
  return { getToken: async () => ({ token: token.reveal(), expiresOnTimestamp: Date.now() + tokenLifeInMs }) };
}

function refusal(failure: Failure, path: string, image: string): PullAnswer {
  const { status } = failure;
  const detail = sentenceIn(failure.detail);
  if (status === 429 || status >= 500) throw transient(failure, `pull from ${image}`);
  const answer = { outcome: "refused", status: Math.max(status, 0), detail } as const;
  if (status === 0 || isFirewalled(status, detail)) return { ...answer, stage: "network" };
  return { ...answer, stage: stageOfPath(path, status) };
}

/** A token that was issued but is not honoured lacks the right in its access list. */
function stageOfPath(path: string, status: number): PullStage {
  if (path.startsWith("/oauth2/")) return "registryToken";
  return status === 401 || status === 403 ? "accessList" : "manifest";
}

function pathOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("request" in error)) return "";
  const { request } = error;
  if (typeof request !== "object" || request === null || !("url" in request)) return "";
  return URL.parse(String(request.url))?.pathname ?? "";
}
