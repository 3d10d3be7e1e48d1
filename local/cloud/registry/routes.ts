import type { Call, Reply, Route } from "../kit/contract.ts";
import { allowsAccess } from "./access.ts";
import { challenge, registryError, type Need } from "./errors.ts";
import type { Content } from "./image.ts";
import type { RegistryModel } from "./model.ts";

type Handler = (call: Call) => Reply;

/** The registry protocol, for reading. Source: github.com/opencontainers/distribution-spec; facts of ACR's own. */
export function contentRoutes(model: RegistryModel): Route[] {
  const pull = (handler: Handler): Handler => needing(model, (name) => repository(name, "pull"), handler);
  const manifest = pull((call) => manifestReply(model, call));
  const blob = pull((call) => blobReply(model, call));
  return [
    {
      ...{ method: "GET", path: "/v2", operation: "ContainerRegistry_CheckDockerV2Support" },
      handle: (call) =>
        accessOf(model, call) ? { status: 200, headers: version, body: {} } : challenge(model.loginServer),
    },
    ...reading("/v2/*name/manifests/:reference", "ContainerRegistry_GetManifest", manifest),
    ...reading("/v2/*name/blobs/:digest", "ContainerRegistryBlob_GetBlob", blob),
    {
      ...{ method: "GET", path: "/v2/*name/tags/list", operation: "ContainerRegistry_ListTags" },
      handle: pull(({ params: { name = "" } }) => {
        const tags = model.contents.tags(name);
        return tags ? { status: 200, headers: version, body: { name, tags } } : unknownName(name);
      }),
    },
  ];
}

const version = { "docker-distribution-api-version": "registry/2.0" };

function reading(path: string, operation: string, handle: Handler): Route[] {
  return [
    { method: "GET", path, operation, handle },
    { method: "HEAD", path, operation: operation.replace("_Get", "_Check"), handle },
  ];
}

export function repository(name: string, action: string): Need {
  return { type: "repository", name, action };
}

/** Only with an access token for what is needed; a challenge that names it otherwise. */
export function needing(model: RegistryModel, need: (name: string) => Need, handler: Handler): Handler {
  return (call) => {
    const wanted = need(call.params["name"] ?? "");
    const access = accessOf(model, call);
    if (!access) return challenge(model.loginServer, wanted);
    if (!allowsAccess(access, wanted.type, wanted.name, wanted.action))
      return challenge(model.loginServer, wanted, true);
    return handler(call);
  };
}

function accessOf(model: RegistryModel, call: Call): ReturnType<RegistryModel["accessOf"]> {
  const token = /^Bearer\s+(\S+)$/i.exec(call.header("authorization") ?? "")?.[1];
  return token === undefined ? undefined : model.accessOf(token);
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
  if (!isAcceptable(call.header("accept"), found.mediaType))
    return registryError(
      404,
      "MANIFEST_UNKNOWN",
      "OCI manifest found, but accept header does not support OCI manifests",
    );
  return contentReply(found, found.mediaType);
}

function blobReply(model: RegistryModel, { params: { name = "", digest = "" } }: Call): Reply {
  const found = model.contents.blob(name, digest);
  if (!found) return registryError(404, "BLOB_UNKNOWN", "blob unknown to registry", { detail: digest });
  return contentReply(found, "application/octet-stream");
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
