import type { Call, Reply, Route } from "../kit/contract.ts";
import type { RegistryModel } from "./model.ts";
import { needing, repository, unknownName } from "./routes.ts";

/** Catalog and tags, in the Docker form and in ACR's own. */
export function listRoutes(model: RegistryModel, createdAt: () => string): Route[] {
  const catalog = needing(
    model,
    () => ({ type: "registry", name: "catalog", action: "*" }),
    (call) => {
      const { page, headers } = paged(model.contents.repositories(), call);
      return { status: 200, headers, body: { repositories: page } };
    },
  );
  return [
    { method: "GET", path: "/v2/_catalog", operation: "ContainerRegistry_Catalog", handle: catalog },
    { method: "GET", path: "/acr/v1/_catalog", operation: "ContainerRegistry_GetRepositories", handle: catalog },
    {
      ...{ method: "GET", path: "/acr/v1/*name/_tags", operation: "ContainerRegistry_GetTags" },
      handle: needing(
        model,
        (name) => repository(name, "metadata_read"),
        (call) => tagsReply(model, call, createdAt()),
      ),
    },
  ];
}

function tagsReply(model: RegistryModel, call: Call, createdAt: string): Reply {
  const name = call.params["name"] ?? "";
  const tags = model.contents.tags(name);
  if (!tags) return unknownName(name);
  const { page, headers } = paged(tags, call);
  const shown = page.map((tag) => ({
    name: tag,
    digest: model.contents.manifest(name, tag)?.digest,
    ...{ createdTime: createdAt, lastUpdateTime: createdAt, signed: false },
    changeableAttributes: { deleteEnabled: true, writeEnabled: true, readEnabled: true, listEnabled: true },
  }));
  return { status: 200, headers, body: { registry: model.loginServer, imageName: name, tags: shown } };
}

/** `n` at most, after the name `last`; a `Link` header leads on. */
function paged(
  names: readonly string[],
  call: Call,
): { readonly page: readonly string[]; readonly headers: Readonly<Record<string, string>> } {
  const last = call.query("last");
  const size = Math.min(Math.max(Math.floor(Number(call.query("n") ?? 100)) || 100, 1), 1000);
  const rest = last === undefined ? names : names.filter((name) => name > last);
  const page = rest.slice(0, size);
  const end = page.at(-1);
  if (rest.length <= size || end === undefined) return { page, headers: {} };
  const next = new URLSearchParams({ last: end, n: String(size) });
  return { page, headers: { link: `<${call.url.pathname}?${next.toString()}>; rel="next"` } };
}
