import { createHash } from "node:crypto";
import type { Credential } from "../aks/store.ts";
import type { Answer, Exchange } from "./exchange.ts";
import type { ImageName } from "./imageName.ts";
import { jsonOf, messageOf } from "../kit/texts.ts";

export type Stage = "credential" | "network" | "challenge" | "token" | "manifest" | "blob" | "digest";
export type Pulled =
  | { readonly pulled: true; readonly digest: string; readonly bytes: number }
  /** `status`: of the answer that ended it; 0 where there was none. `message`: the registry's own words. */
  | { readonly pulled: false; readonly stage: Stage; readonly status: number; readonly message: string };

class Stopped extends Error {
  readonly stage: Stage;
  readonly status: number;

  constructor(stage: Stage, status: number, message: string) {
    super(message);
    this.stage = stage;
    this.status = status;
  }
}

const manifestTypes = [
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "*/*",
].join(", ");

/**
 * Pulls as containerd does: the manifest without a token, the challenge, a token for client id and secret, manifest,
 * config and layers, each checked against its digest. Source: containerd core/remotes/docker/auth/fetch.go
 */
export async function pull(image: ImageName, credential: Credential | undefined, exchange: Exchange): Promise<Pulled> {
  const send: Exchange = async (asked) => {
    try {
      return await exchange(asked);
    } catch (error) {
      throw new Stopped("network", 0, messageOf(error));
    }
  };
  try {
    return await steps(image, credential, send);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    const { stage, status, message } = error;
    return { pulled: false, stage, status, message };
  }
}

async function steps(image: ImageName, credential: Credential | undefined, send: Exchange): Promise<Pulled> {
  const base = `https://${image.host}/v2/${image.repository}`;
  const headers: Record<string, string> = { accept: manifestTypes, "user-agent": "containerd/1.7" };
  const first = await send({ method: "HEAD", url: `${base}/manifests/${image.reference}`, headers });
  if (first.status === 401) headers["authorization"] = `Bearer ${await tokenFor(first, credential, send)}`;
  else if (first.status !== 200) throw new Stopped("challenge", first.status, await wordsOf(first, send, base, image));

  const manifest = await fetchContent(`${base}/manifests/${image.reference}`, headers, "manifest", send);
  const digest = digestOf(manifest.body);
  const named = manifest.headers["docker-content-digest"];
  const wanted = image.reference.startsWith("sha256:") ? image.reference : named;
  if (wanted !== digest)
    throw new Stopped("digest", manifest.status, `the manifest has ${digest}, not ${String(wanted)}`);

  let bytes = manifest.body.length;
  for (const { digest: part, size } of partsOf(manifest.body)) {
    const blob = await fetchContent(`${base}/blobs/${part}`, { ...headers, accept: "*/*" }, "blob", send);
    if (digestOf(blob.body) !== part || blob.body.length !== size)
      throw new Stopped("digest", blob.status, `a blob of ${base} does not have the digest ${part}`);
    bytes += blob.body.length;
  }
  return { pulled: true, digest, bytes };
}

async function fetchContent(
  url: string,
  headers: Readonly<Record<string, string>>,
  stage: "manifest" | "blob",
  send: Exchange,
): Promise<Answer> {
  const answer = await followed(url, headers, send);
  if (answer.status !== 200) throw new Stopped(stage, answer.status, messageIn(answer));
  return answer;
}

const mostRedirects = 5;

/** Blobs lie on another host, which gets no token. */
async function followed(url: string, headers: Readonly<Record<string, string>>, send: Exchange): Promise<Answer> {
  let answer = await send({ method: "GET", url, headers });
  const withoutToken = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization"));
  for (let count = 0, at = url; isRedirect(answer) && count < mostRedirects; count++) {
    const next = new URL(String(answer.headers["location"] ?? ""), at);
    const isOwn = next.host === new URL(url).host;
    answer = await send({ method: "GET", url: next.href, headers: isOwn ? headers : withoutToken });
    at = next.href;
  }
  return answer;
}

function isRedirect({ status }: Answer): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** The form first; a registry that does not take it (by the answers containerd goes by) is asked again with Basic. Without a credential: anonymously. */
async function tokenFor(refusal: Answer, credential: Credential | undefined, send: Exchange): Promise<string> {
  const { realm, service, scope } = challengeIn(refusal);
  const asked = { service, scope, client_id: "containerd-client" };
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const login = credential && { username: credential.clientId, password: credential.secret };
  const form = new URLSearchParams({ grant_type: "password", ...asked, ...login });
  const byForm = await send({ method: "POST", url: realm, headers, body: form.toString() });
  const isUnknown = [400, 401, 404, 405].includes(byForm.status);
  const answer = isUnknown ? await byBasic(realm, service, scope, credential, send) : byForm;
  if (answer.status !== 200) throw new Stopped("token", answer.status, messageIn(answer));
  const { access_token: access, token } = jsonIn(answer.body);
  if (typeof access === "string") return access;
  if (typeof token === "string") return token;
  throw new Stopped("token", answer.status, "the token endpoint gave no token");
}

function byBasic(
  realm: string,
  service: string,
  scope: string,
  credential: Credential | undefined,
  send: Exchange,
): Promise<Answer> {
  const pair = credential && Buffer.from(`${credential.clientId}:${credential.secret}`).toString("base64");
  const headers = pair === undefined ? {} : { authorization: `Basic ${pair}` };
  return send({ method: "GET", url: `${realm}?${new URLSearchParams({ service, scope }).toString()}`, headers });
}

function challengeIn({ status, headers }: Answer): { realm: string; service: string; scope: string } {
  const text = String(headers["www-authenticate"] ?? "");
  const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(text)?.[1] ?? "";
  const realm = part("realm");
  if (!realm.startsWith("https://")) throw new Stopped("challenge", status, "the registry names no token endpoint");
  return { realm, service: part("service"), scope: part("scope") };
}

/** A refused HEAD has no body: the words come from asking again. */
async function wordsOf(head: Answer, send: Exchange, base: string, image: ImageName): Promise<string> {
  const again = await send({ method: "GET", url: `${base}/manifests/${image.reference}` });
  return again.status === head.status ? messageIn(again) : `status ${head.status}`;
}

function messageIn({ status, body }: Answer): string {
  const { errors } = jsonIn(body);
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const { code, message } = (first ?? {}) as { code?: unknown; message?: unknown };
  return typeof message === "string" ? `${String(code)}: ${message}` : `status ${status}`;
}

function partsOf(manifest: Buffer): readonly { digest: string; size: number }[] {
  const { config, layers } = jsonIn(manifest) as { config?: unknown; layers?: unknown };
  const parts: readonly unknown[] = [config, ...(Array.isArray(layers) ? (layers as unknown[]) : [])];
  return parts.map((part) => {
    const { digest, size } = (part ?? {}) as { digest?: unknown; size?: unknown };
    if (typeof digest !== "string" || typeof size !== "number")
      throw new Stopped("manifest", 200, "not an image manifest with config and layers");
    return { digest, size };
  });
}

function jsonIn(body: Buffer): Record<string, unknown> {
  const value = jsonOf(body.toString("utf8"));
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
