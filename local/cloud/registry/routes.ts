import type { Call, Reply, Route } from "../kit/contract.ts";
import { allowsAccess } from "./access.ts";
import { basicIn } from "./basic.ts";
import { rangeReply, type BlobRedirect } from "./blobs.ts";
import { basicChallenge, challenge, disallowed, registryError, type Need } from "./errors.ts";
import type { Content } from "./image.ts";
import type { RegistryModel } from "./model.ts";
import { paged } from "./paging.ts";
import type { Access } from "./tokens.ts";

type Handler = (call: Call) => Reply;

/** The registry protocol, for reading. Source: github.com/opencontainers/distribution-spec; facts of ACR's own. */
export function contentRoutes(model: RegistryModel, registryName: string, redirect: BlobRedirect): Route[] {
  const pull = (handler: Handler): Handler => needing(model, (name) => repository(name, "pull"), handler);
  const manifest = pull((call) => manifestReply(model, call));
  return [
    { method: "GET", path: "/v2", operation: "ContainerRegistry_CheckDockerV2Support", handle: base(model) },
    {
      method: "GET",
      path: "/v2/*name/manifests/:reference",
      operation: "ContainerRegistry_GetManifest",
      handle: manifest,
    },
    {
      method: "HEAD",
      path: "/v2/*name/manifests/:reference",
      operation: "ContainerRegistry_CheckManifest",
      handle: manifest,
    },
    {
      method: "GET",
      path: "/v2/*name/blobs/:digest",
      operation: "ContainerRegistryBlob_GetBlob",
      handle: pull((call) => blobReply(model, call, (name, digest) => redirect(registryName, name, digest))),
    },
    {
      method: "HEAD",
      path: "/v2/*name/blobs/:digest",
      operation: "ContainerRegistryBlob_CheckBlob",
      handle: pull((call) => blobReply(model, call, () => undefined)),
    },
    {
      method: "GET",
      path: "/v2/*name/tags/list",
      operation: "ContainerRegistry_ListTags",
      handle: pull((call) => {
        const { name = "" } = call.params;
        const tags = model.contents.tags(name);
        if (!tags) return unknownName(name);
        const { page, headers } = paged(tags, call);
        return { status: 200, headers: { ...version, ...headers }, body: { name, tags: page } };
      }),
    },
  ];
}

const version = { "docker-distribution-api-version": "registry/2.0" };

/** With any token or password that is right: what it lets its bearer do is not asked here. */
function base(model: RegistryModel): Handler {
  return (call) => {
    const asked = accessOf(model, call);
    if (asked.outcome === "granted") return { status: 200, headers: version, body: {} };
    return asked.outcome === "wrongPassword" ? basicChallenge() : challenge(model.loginServer);
  };
}

export function repository(name: string, action: string): Need {
  return { type: "repository", name, action };
}

/** Only with an access token or a password for what is needed; a challenge that names it otherwise. */
export function needing(model: RegistryModel, need: (name: string) => Need, handler: Handler): Handler {
  return (call) => {
    const wanted = need(call.params["name"] ?? "");
    const asked = accessOf(model, call, wanted);
    if (asked.outcome === "wrongPassword") return basicChallenge();
    if (asked.outcome === "none") return challenge(model.loginServer, wanted);
    if (!allowsAccess(asked.access, wanted.type, wanted.name, wanted.action))
      return challenge(model.loginServer, wanted, true);
    return handler(call);
  };
}

type Asked =
  | { readonly outcome: "granted"; readonly access: readonly Access[] }
  | { readonly outcome: "none" }
  | { readonly outcome: "wrongPassword" };

/** A user name and password with the request itself count as if a token had been asked for first. */
function accessOf(model: RegistryModel, call: Call, wanted?: Need): Asked {
  const [, scheme = "", value = ""] = /^(Bearer|Basic)\s+(\S+)$/i.exec(call.header("authorization") ?? "") ?? [];
  if (scheme.toLowerCase() !== "basic") return granted(value === "" ? undefined : model.accessOf(value));
  const { user, password } = basicIn(value);
  const scope = wanted && `${wanted.type}:${wanted.name}:${wanted.action}`;
  const answer = model.withPassword(user, password, scope);
  return answer.outcome === "ok" ? granted(model.accessOf(answer.value)) : { outcome: "wrongPassword" };
}

function granted(access: readonly Access[] | undefined): Asked {
  return access ? { outcome: "granted", access } : { outcome: "none" };
}

function manifestReply(model: RegistryModel, call: Call): Reply {
  const { name = "", reference = "" } = call.params;
  if (!model.contents.tags(name)) return unknownName(name);
  const found = model.contents.manifest(name, reference);
  if (!found) {
    const message = reference.includes(":")
      ? `manifest sha256:${reference.slice(reference.indexOf(":") + 1)} is not found`
      : `manifest tagged by "${reference}" is not found`;
    return registryError(404, "MANIFEST_UNKNOWN", message, { detail: { Tag: reference } });
  }
  if (!model.locks.allow("readEnabled", name, reference, found.digest)) return disallowed();
  if (!isAcceptable(call.header("accept"), found.mediaType))
    return registryError(
      404,
      "MANIFEST_UNKNOWN",
      "OCI manifest found, but accept header does not support OCI manifests",
    );
  return contentReply(found, found.mediaType);
}

function blobReply(
  model: RegistryModel,
  call: Call,
  redirect: (repository: string, digest: string) => string | undefined,
): Reply {
  const { name = "", digest = "" } = call.params;
  const found = model.contents.blob(name, digest);
  if (!found) return registryError(404, "BLOB_UNKNOWN", "blob unknown to registry", { detail: digest });
  if (!model.locks.allow("readEnabled", name)) return disallowed();
  const location = redirect(name, found.digest);
  if (location !== undefined) return { status: 307, headers: { ...version, location } };
  return rangeReply(call, found, { ...version, "docker-content-digest": found.digest });
}

function contentReply({ bytes, digest }: Content, mediaType: string): Reply {
  return {
    status: 200,
    headers: {
      ...version,
      "content-type": mediaType,
      "content-length": String(bytes.length),
      "docker-content-digest": digest,
      etag: `"${digest}"`,
    },
    body: bytes,
  };
}

/** No Accept header means anything. */
function isAcceptable(accept: string | undefined, mediaType: string): boolean {
  if (!accept) return true;
  const offered = accept.split(",").map((one) => one.split(";")[0]?.trim().toLowerCase() ?? "");
  return offered.some((one) => one === mediaType || one === "*/*" || one === "application/*");
}

export function unknownName(name: string): Reply {
  return registryError(404, "NAME_UNKNOWN", `repository "${name}" is not found`, { detail: { name } });
}
