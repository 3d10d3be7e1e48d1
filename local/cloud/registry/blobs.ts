import { createHmac, randomBytes } from "node:crypto";
import type { Call, Clock, Reply, Route, Service } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import type { Content } from "./image.ts";

export const blobRedirects = "blobRedirects";
export const blobsBlocked = "blobsBlocked";

/** Where a blob is fetched from; undefined: from the registry itself. */
export type BlobRedirect = (registry: string, repository: string, digest: string) => string | undefined;

interface Needs {
  readonly life: Life;
  readonly clock: Clock;
  /** `https://localhost:8460`, without a slash at the end. */
  readonly url: () => string;
  /** Undefined: no such blob. */
  readonly blob: (registry: string, repository: string, digest: string) => Content | undefined;
  /** The cluster whose nodes come from an address. */
  readonly clusterAt: (address: string) => string | undefined;
}

export interface BlobHost {
  readonly redirect: BlobRedirect;
  readonly service: Service;
}

/** How long a signed address is good for. */
const lifeInMs = 20 * 60_000;

/** The storage behind all registries: blobs by signed addresses, for as long as these are good. */
export function blobHost(needs: Needs): BlobHost {
  const { life, clock, url } = needs;
  const key = randomBytes(32);
  const sign = (path: string, expires: string): string =>
    createHmac("sha256", key).update(`${path}\n${expires}`).digest("base64");
  const path = "/:registry/:repository/docker/registry/v2/blobs/sha256/:start/:digest/data";
  const handle = (call: Call): Reply => blobReply(call, needs, sign);
  const routes: Route[] = [
    { method: "GET", path, operation: "Blob_Download", handle },
    { method: "HEAD", path, operation: "Blob_GetProperties", handle },
  ];
  return {
    redirect: (registry, repository, digest) => {
      // Who does not reach the other host has to be sent there first.
      if (!life.on(blobRedirects) && !life.on(blobsBlocked)) return undefined;
      if (life.on(blobRedirects)) life.strike(blobRedirects);
      const hex = digest.replace(/^sha256:/, "");
      const folder = Buffer.from(repository).toString("base64url");
      const at = `/${registry}/${folder}/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
      const se = `${new Date(clock.now() + lifeInMs).toISOString().slice(0, 19)}Z`;
      const query = new URLSearchParams({ se, sig: sign(at, se), sp: "r", spr: "https", sr: "b", sv: "2018-03-28" });
      return `${url()}${at}?${query.toString()}`;
    },
    service: {
      name: "blobs",
      routes,
      unknown: () => storageError(404, "ResourceNotFound", "The specified resource does not exist."),
      broken: () => storageError(500, "InternalError", "The server encountered an internal error."),
    },
  };
}

function blobReply(call: Call, needs: Needs, sign: (path: string, expires: string) => string): Reply {
  const { life, clock, blob, clusterAt } = needs;
  const cluster = call.address === undefined ? undefined : clusterAt(call.address);
  if (cluster !== undefined && life.struckBy(blobsBlocked, cluster)) {
    life.strike(blobsBlocked);
    return storageError(403, "AuthorizationFailure", "This request is not authorized to perform this operation.");
  }
  const expires = call.query("se") ?? "";
  const isGood = call.query("sig") === sign(call.url.pathname, expires) && Date.parse(expires) > clock.now();
  if (!isGood)
    return storageError(
      403,
      "AuthenticationFailed",
      "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
    );
  const { registry = "", repository = "", digest = "" } = call.params;
  const found = blob(registry, Buffer.from(repository, "base64url").toString("utf8"), `sha256:${digest}`);
  if (!found) return storageError(404, "BlobNotFound", "The specified blob does not exist.");
  return rangeReply(call, found, { "x-ms-blob-type": "BlockBlob", "x-ms-version": "2018-03-28" });
}

/** The whole content, or the part that a `Range` header asks for. */
export function rangeReply(call: Call, { bytes, digest }: Content, more: Readonly<Record<string, string>> = {}): Reply {
  const headers = {
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    etag: `"${digest}"`,
    ...more,
  };
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(call.header("range")?.trim() ?? "") ?? [];
  if (first === "" && last === "")
    return { status: 200, headers: { ...headers, "content-length": String(bytes.length) }, body: bytes };
  const from = first === "" ? Math.max(0, bytes.length - Number(last)) : Number(first);
  const to = first === "" || last === "" ? bytes.length - 1 : Math.min(Number(last), bytes.length - 1);
  if (from > to || from >= bytes.length)
    return { status: 416, headers: { "content-range": `bytes */${bytes.length}` } };
  const part = bytes.subarray(from, to + 1);
  const range = `bytes ${from}-${to}/${bytes.length}`;
  return {
    status: 206,
    headers: { ...headers, "content-length": String(part.length), "content-range": range },
    body: part,
  };
}

/** Storage speaks XML. */
function storageError(status: number, code: string, message: string): Reply {
  return {
    status,
    headers: { "content-type": "application/xml", "x-ms-error-code": code },
    body: `\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  };
}
