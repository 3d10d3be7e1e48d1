import type { Call, Reply, Route } from "../kit/contract.ts";
import { shownManifest, shownTag } from "./attributes.ts";
import { registryError } from "./errors.ts";
import type { RegistryModel } from "./model.ts";
import { paged } from "./paging.ts";
import { needing, repository, unknownName } from "./routes.ts";

/** Catalog, tags and manifests, in the Docker form and in ACR's own. */
export function listRoutes(model: RegistryModel, createdAt: () => string): Route[] {
  const catalog = needing(
    model,
    () => ({ type: "registry", name: "catalog", action: "*" }),
    (call) => {
      const { page, headers } = paged(
        model.contents.repositories().filter((name) => model.locks.of(name).listEnabled),
        call,
      );
      return { status: 200, headers, body: { repositories: page } };
    },
  );
  const reading = (handler: (call: Call) => Reply): Route["handle"] =>
    needing(model, (name) => repository(name, "metadata_read"), handler);
  return [
    { method: "GET", path: "/v2/_catalog", operation: "ContainerRegistry_Catalog", handle: catalog },
    { method: "GET", path: "/acr/v1/_catalog", operation: "ContainerRegistry_GetRepositories", handle: catalog },
    {
      method: "GET",
      path: "/acr/v1/*name/_tags",
      operation: "ContainerRegistry_GetTags",
      handle: reading((call) => tagsReply(model, call, createdAt())),
    },
    {
      method: "GET",
      path: "/acr/v1/*name/_tags/:reference",
      operation: "ContainerRegistry_GetTagProperties",
      handle: reading((call) => {
        const { name = "", reference = "" } = call.params;
        if (!model.contents.tags(name)?.includes(reference)) return unknownTag(reference);
        const tag = shownTag(model, name, reference, createdAt());
        return { status: 200, body: { registry: model.loginServer, imageName: name, tag } };
      }),
    },
    {
      method: "GET",
      path: "/acr/v1/*name/_manifests",
      operation: "ContainerRegistry_GetManifests",
      handle: reading((call) => manifestsReply(model, call, createdAt())),
    },
    {
      method: "GET",
      path: "/acr/v1/*name/_manifests/:digest",
      operation: "ContainerRegistry_GetManifestProperties",
      handle: reading((call) => {
        const { name = "", digest = "" } = call.params;
        const found = model.contents.manifests(name)?.find((one) => one.digest === digest);
        if (!found) return unknownManifest(digest);
        const manifest = shownManifest(model, name, found, createdAt());
        return { status: 200, body: { registry: model.loginServer, imageName: name, manifest } };
      }),
    },
  ];
}

export function unknownManifest(digest: string): Reply {
  return registryError(404, "MANIFEST_UNKNOWN", `manifest ${digest} is not found`);
}

function tagsReply(model: RegistryModel, call: Call, createdAt: string): Reply {
  const name = nameOf(call);
  const tags = model.contents.tags(name);
  if (!tags) return unknownName(name);
  const listed = tags.filter((tag) => model.locks.of(name, tag).listEnabled);
  const { page, headers } = paged(ordered(listed, model, call), call);
  const shown = page.map((tag) => shownTag(model, name, tag, createdAt));
  return { status: 200, headers, body: { registry: model.loginServer, imageName: name, tags: shown } };
}

function manifestsReply(model: RegistryModel, call: Call, createdAt: string): Reply {
  const name = nameOf(call);
  const found = model.contents.manifests(name);
  if (!found) return unknownName(name);
  const byDigest = new Map(found.map((one) => [one.digest, one]));
  const { page, headers } = paged(ordered([...byDigest.keys()].sort(), model, call), call);
  const shown = page.map((digest) => shownManifest(model, name, byDigest.get(digest), createdAt));
  return { status: 200, headers, body: { registry: model.loginServer, imageName: name, manifests: shown } };
}

/** As `orderby` asks: by the time of the last push. What the estate names is older than all that was pushed. */
function ordered(names: readonly string[], { contents }: RegistryModel, call: Call): readonly string[] {
  const order = call.query("orderby")?.toLowerCase();
  if (order !== "timeasc" && order !== "timedesc") return names;
  const lastAt = (name: string): number => contents.pushed(nameOf(call), name)?.lastAt ?? 0;
  const sign = order === "timeasc" ? 1 : -1;
  return [...names].sort((one, other) => sign * (lastAt(one) - lastAt(other)));
}

export function unknownTag(tag: string): Reply {
  return registryError(404, "TAG_UNKNOWN", "the specified tag does not exist", { detail: { Name: tag } });
}

function nameOf({ params }: Call): string {
  return params["name"] ?? "";
}
