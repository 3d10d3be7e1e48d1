import type { PullAnswer, PullTarget } from "./clients.ts";
import { ask, isForPerson, type Answer, type Session } from "./registryHttp.ts";
import { networkRefusal, type Refusal } from "./registryTokens.ts";

/** As containerd asks; the last one is why artifacts of any kind are given too. */
const accepted = [
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "*/*",
].join(", ");
const schema1 = /distribution\.manifest\.v1\+/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
/** Enough to see that the data flows. */
const someBytes = "bytes=0-1023";

/** Is the repository there? Where the token may not ask, the right to pull has to do. */
export async function lookUpRepository(
  { loginServer, repository }: PullTarget,
  token: string,
  session: Session,
): Promise<Refusal | undefined> {
  const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
  const answer = await ask(`https://${loginServer}/v2/${repository}/tags/list?n=1`, { headers }, session);
  const { status, sentence: detail } = answer;
  const unanswered = networkRefusal(answer);
  if (unanswered) return unanswered;
  if (status !== 404 && !isReasoned(answer)) return undefined;
  return { outcome: "refused", stage: "repository", status, detail, curedBy: "person", ...ifMissing(answer) };
}

/** A page of something on the way, or a manifest in quarantine, may answer 404 as well. */
function ifMissing({ status, code }: Answer): { readonly missing?: true } {
  return status === 404 && /_UNKNOWN$|NOT_FOUND$/.test(code) ? { missing: true } : {};
}

/** The manifest, and some bytes of one blob by the way the nodes will get it. */
export async function fetchImage(
  target: PullTarget,
  reference: string,
  token: string,
  session: Session,
): Promise<PullAnswer> {
  const top = await fetchManifest(target, reference, token, session);
  if (top.outcome === "refused") return top;
  const child = childOf(top.json);
  const leaf = child === undefined ? top : await fetchManifest(target, child, token, session);
  if (leaf.outcome === "refused") return leaf;
  const blob = blobOf(leaf.json);
  if (blob === undefined) return { outcome: "pulled", digest: top.digest, blobHost: null };
  const fetched = await fetchBlob(target, blob, token, session);
  if (fetched.outcome === "refused") return fetched;
  return { outcome: "pulled", digest: top.digest, blobHost: fetched.host };
}

type Manifest = { readonly outcome: "fetched"; readonly digest: string; readonly json: unknown };

async function fetchManifest(
  { loginServer, repository }: PullTarget,
  reference: string,
  token: string,
  session: Session,
): Promise<Manifest | Refusal> {
  const headers = { authorization: `Bearer ${token}`, accept: accepted };
  const answer = await ask(`https://${loginServer}/v2/${repository}/manifests/${reference}`, { headers }, session);
  if (answer.status !== 200) return manifestRefusal(answer);
  if (schema1.test(answer.mediaType ?? "")) {
    return refusal("manifest", 200, `${reference} is a manifest of schema 1, which containerd no longer pulls`);
  }
  const claimed = digestPattern.test(reference) ? reference : answer.digest;
  if (claimed !== null && claimed !== answer.computedDigest) {
    return refusal("manifest", 200, `the manifest does not match ${claimed}`);
  }
  return { outcome: "fetched", digest: answer.computedDigest, json: answer.json };
}

/** A role on its way is refused by 401, or by DENIED without a reason; everything else stays so until somebody acts. */
function manifestRefusal(answer: Answer): Refusal {
  const { status, sentence: detail } = answer;
  const unanswered = networkRefusal(answer);
  if (unanswered) return unanswered;
  const isOnItsWay = (status === 401 || status === 403) && !isReasoned(answer);
  const curedBy = isOnItsWay ? "time" : "person";
  return { outcome: "refused", stage: "manifest", status, detail, curedBy, ...ifMissing(answer) };
}

/** Refused for something other than a missing right. */
function isReasoned({ status, code, sentence }: Answer): boolean {
  const isWord = code !== "" && code !== "DENIED" && code !== "UNAUTHORIZED";
  return status >= 400 && (isWord || isForPerson(sentence));
}

function refusal(stage: "manifest" | "blob", status: number, detail: string): Refusal {
  return { outcome: "refused", stage, status, detail, curedBy: "person" };
}

type Descriptor = {
  readonly digest?: unknown;
  readonly platform?: { readonly os?: unknown; readonly architecture?: unknown };
};
type Content = {
  readonly manifests?: unknown;
  readonly layers?: unknown;
  readonly config?: unknown;
  readonly blobs?: unknown;
};

/** Of an index the manifest most nodes would take; undefined if it is none. */
function childOf(json: unknown): string | undefined {
  const manifests = descriptors((json as Content | null)?.manifests);
  const wanted = manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === "amd64");
  return digestOf(wanted ?? manifests[0]);
}

function blobOf(json: unknown): string | undefined {
  const { layers, blobs, config } = (json ?? {}) as Content;
  return digestOf(descriptors(layers)[0] ?? descriptors(blobs)[0] ?? descriptors([config])[0]);
}

function descriptors(value: unknown): readonly Descriptor[] {
  const items = Array.isArray(value) ? (value as unknown[]) : [];
  return items.filter((item): item is Descriptor => typeof item === "object" && item !== null);
}

/** It becomes part of a path. */
function digestOf(descriptor: Descriptor | undefined): string | undefined {
  const digest = descriptor?.digest;
  return typeof digest === "string" && digestPattern.test(digest) ? digest : undefined;
}

type Blob = { readonly outcome: "fetched"; readonly host: string };

/** The registry leads to the host that has the data; that one is asked without any credential of ours. */
async function fetchBlob(
  { loginServer, repository }: PullTarget,
  digest: string,
  token: string,
  session: Session,
): Promise<Blob | Refusal> {
  const headers = { authorization: `Bearer ${token}`, range: someBytes };
  const first = await ask(`https://${loginServer}/v2/${repository}/blobs/${digest}`, { headers }, session);
  if (isData(first.status)) return { outcome: "fetched", host: loginServer };
  if (first.location === null) return blobRefusal(first, loginServer);
  const url = URL.parse(first.location, `https://${loginServer}`);
  if (url?.protocol !== "https:" || url.username !== "") {
    return refusal("blob", first.status, "the registry leads to an address that is not https");
  }
  const second = await ask(url.href, { headers: { range: someBytes } }, session);
  return isData(second.status) ? { outcome: "fetched", host: url.host } : blobRefusal(second, url.host);
}

/** 416: a blob without the bytes asked for is there all the same. */
function isData(status: number): boolean {
  return status === 200 || status === 206 || status === 416;
}

function blobRefusal({ status, sentence }: Answer, host: string): Refusal {
  const detail = status === 0 ? `no answer from ${host}, which has the layers` : `${host}: ${sentence}`;
  return {
    outcome: "refused",
    stage: "blob",
    status,
    detail,
    curedBy: status === 0 || status === 401 ? "time" : "person",
  };
}
