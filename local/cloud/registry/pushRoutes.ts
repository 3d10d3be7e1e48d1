import type { Call, Reply, Route } from "../kit/contract.ts";
import type { NotStored, Stored } from "./contents.ts";
import { disallowed, registryError } from "./errors.ts";
import type { RegistryModel } from "./model.ts";
import { needing, repository } from "./routes.ts";

const version = { "docker-distribution-api-version": "registry/2.0" };
const uploads = "/v2/*name/blobs/uploads";

/** The registry protocol, for writing. Source: github.com/opencontainers/distribution-spec */
export function pushRoutes(model: RegistryModel): Route[] {
  const push = (handler: (call: Call) => Reply): Route["handle"] =>
    needing(model, (name) => repository(name, "push"), handler);
  const remove = needing(
    model,
    (name) => repository(name, "delete"),
    ({ params: { name = "", reference = "" } }) => {
      if (!model.locks.allow("deleteEnabled", name, reference)) return disallowed();
      return model.contents.deleteManifest(name, reference)
        ? { status: 202, headers: version }
        : registryError(404, "MANIFEST_UNKNOWN", `manifest ${reference} is not found`);
    },
  );
  return [
    ...uploadRoutes(model, push),
    {
      method: "PUT",
      path: "/v2/*name/manifests/:reference",
      operation: "ContainerRegistry_CreateManifest",
      handle: push((call) => putManifest(model, call)),
    },
    {
      method: "DELETE",
      path: "/v2/*name/manifests/:reference",
      operation: "ContainerRegistry_DeleteManifest",
      handle: remove,
    },
  ];
}

function uploadRoutes(model: RegistryModel, push: (handler: (call: Call) => Reply) => Route["handle"]): Route[] {
  const { contents } = model;
  const accepted = (call: Call, length: number | undefined): Reply =>
    length === undefined ? unknownUpload() : { status: 202, headers: uploadHeaders(nameOf(call), idOf(call), length) };
  return [
    {
      method: "POST",
      path: uploads,
      operation: "ContainerRegistryBlob_StartUpload",
      handle: push((call) => beginUpload(model, call)),
    },
    {
      method: "PATCH",
      path: `${uploads}/:upload`,
      operation: "ContainerRegistryBlob_UploadChunk",
      handle: push((call) => accepted(call, contents.append(nameOf(call), idOf(call), call.bytes))),
    },
    {
      method: "PUT",
      path: `${uploads}/:upload`,
      operation: "ContainerRegistryBlob_CompleteUpload",
      handle: push((call) => finish(model, call, idOf(call))),
    },
    {
      method: "GET",
      path: `${uploads}/:upload`,
      operation: "ContainerRegistryBlob_GetUploadStatus",
      handle: push((call) => {
        const reply = accepted(call, contents.append(nameOf(call), idOf(call), Buffer.alloc(0)));
        return reply.status === 202 ? { ...reply, status: 204 } : reply;
      }),
    },
    {
      method: "DELETE",
      path: `${uploads}/:upload`,
      operation: "ContainerRegistryBlob_CancelUpload",
      handle: push((call) =>
        contents.cancelUpload(nameOf(call), idOf(call)) ? { status: 204, headers: version } : unknownUpload(),
      ),
    },
  ];
}

/** In one piece with `digest`, from another repository with `mount`, or the beginning of pieces. */
function beginUpload(model: RegistryModel, call: Call): Reply {
  const name = nameOf(call);
  const [mount, from] = [call.query("mount"), call.query("from")];
  if (
    mount !== undefined &&
    from !== undefined &&
    mayRead(model, call, from) &&
    model.contents.mount(name, mount, from)
  )
    return created(`/v2/${name}/blobs/${mount}`, mount);
  const upload = model.contents.beginUpload(name);
  if (call.query("digest") !== undefined) return finish(model, call, upload);
  return { status: 202, headers: uploadHeaders(name, upload, 0) };
}

/** Nobody gets a blob of a repository they may not pull by naming its digest. */
function mayRead(model: RegistryModel, call: Call, from: string): boolean {
  const read = needing(
    model,
    () => repository(from, "pull"),
    () => ({ status: 200 }),
  );
  return read(call).status === 200;
}

function finish(model: RegistryModel, call: Call, upload: string): Reply {
  const name = nameOf(call);
  model.contents.append(name, upload, call.bytes);
  const stored = model.contents.finishUpload(name, upload, call.query("digest") ?? "");
  return answer(stored, `/v2/${name}/blobs/`);
}

function putManifest(model: RegistryModel, call: Call): Reply {
  const { reference = "" } = call.params;
  const mediaType = call.header("content-type") ?? "";
  if (!model.locks.allow("writeEnabled", nameOf(call), reference)) return disallowed();
  const stored = model.contents.putManifest(nameOf(call), reference, mediaType, call.bytes);
  return answer(stored, `/v2/${nameOf(call)}/manifests/`);
}

const refusals = {
  digestInvalid: [400, "DIGEST_INVALID", "provided digest did not match uploaded content"],
  manifestInvalid: [400, "MANIFEST_INVALID", "manifest invalid"],
  blobUnknown: [400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"],
  uploadUnknown: [404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"],
} as const satisfies Record<NotStored["reason"], readonly [number, string, string]>;

function answer(stored: Stored | NotStored, base: string): Reply {
  return stored.outcome === "stored" ? created(`${base}${stored.digest}`, stored.digest) : refused(stored.reason);
}

function refused(reason: NotStored["reason"]): Reply {
  const [status, code, message] = refusals[reason];
  return registryError(status, code, message);
}

function created(location: string, digest: string): Reply {
  return { status: 201, headers: { ...version, location, "docker-content-digest": digest } };
}

function unknownUpload(): Reply {
  return refused("uploadUnknown");
}

function uploadHeaders(name: string, upload: string, length: number): Record<string, string> {
  return {
    ...version,
    location: `/v2/${name}/blobs/uploads/${upload}`,
    range: `0-${Math.max(length - 1, 0)}`,
    "docker-upload-uuid": upload,
  };
}

function nameOf(call: Call): string {
  return call.params["name"] ?? "";
}

function idOf(call: Call): string {
  return call.params["upload"] ?? "";
}
