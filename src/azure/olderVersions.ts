import type { Policy } from "./pipeline.ts";

/** From which API versions on a type has all we need: `preview` counts where no stable one will do. */
export type Least = { readonly stable: string; readonly preview: string };

/**
 * Regions, and whole clouds, get a new API version months after the client packages ask for it. ARM then names the
 * versions it has: the newest of them that will do is asked for instead, and remembered for that resource and what is
 * kept at it. Nothing was done by a request that was refused so.
 */
export function olderVersions(least: Least | null): Policy {
  const usable = new Map<string, string>();
  return {
    name: "olderVersions",
    async sendRequest(request, next) {
      const resource = resourceIn(request.url);
      const known = usable.get(resource);
      if (known !== undefined) request.url = inVersion(request.url, known);
      const response = await next(request);
      const older = response.status === 400 ? olderFor(request.url, response.bodyAsText ?? "", least) : undefined;
      if (older === undefined) return response;
      usable.set(resource, older);
      request.url = inVersion(request.url, older);
      return next(request);
    },
  };
}

/**
 * `/subscriptions/x/resourceGroups/y/providers/Microsoft.Z/type/name`, without what is asked of it, and the type at the
 * end of the path: permissions and role assignments of one resource come in versions of their own.
 */
function resourceIn(url: string): string {
  const path = new URL(url).pathname.toLowerCase();
  const [namespace, type] = (path.split("/providers/").at(-1) ?? "").split("/");
  return `${path.split("/").slice(0, 9).join("/")} ${namespace}/${type}`;
}

export function inVersion(url: string, version: string): string {
  const changed = new URL(url);
  changed.searchParams.set("api-version", version);
  return changed.href;
}

/** The version to ask for instead; undefined when the answer is about something else, or there is none. */
export function olderFor(url: string, body: string, least: Least | null): string | undefined {
  if (!/NoRegisteredProviderFound|InvalidApiVersionParameter|InvalidResourceType/.test(body)) return undefined;
  const asked = new URL(url).searchParams.get("api-version") ?? "";
  const [, list = ""] = /supported (?:api-)?versions are '([^']*)'/i.exec(body) ?? [];
  const versions = list
    .split(",")
    .map((version) => version.trim())
    .filter((version) => /^\d{4}-\d\d-\d\d(-preview)?$/.test(version) && version.slice(0, 10) < asked.slice(0, 10))
    .sort();
  const stable = versions.filter((version) => !version.endsWith("-preview")).at(-1);
  if (least === null || (stable !== undefined && stable >= least.stable)) return stable;
  return versions.filter((version) => version.endsWith("-preview") && version >= least.preview).at(-1) ?? stable;
}
