import type { Policy } from "./pipeline.ts";

/**
 * Regions, and whole clouds, get a new API version months after the client packages ask for it. ARM then names the
 * versions it has: the newest of them that the package knows is asked for instead, and remembered for that resource.
 * Nothing was done by a request that was refused so. `least`: older ones lack what we need; a preview is better then.
 */
export function olderVersions(least: string | null = null): Policy {
  const usable = new Map<string, string>();
  return {
    name: "olderVersions",
    async sendRequest(request, next) {
      const resource = resourceIn(request.url);
      const known = usable.get(resource);
      if (known !== undefined) request.url = inVersion(request.url, known);
      const response = await next(request);
      if (response.status !== 400) return response;
      const older = olderIn(
        response.bodyAsText ?? "",
        new URL(request.url).searchParams.get("api-version") ?? "",
        least,
      );
      if (older === undefined) return response;
      usable.set(resource, older);
      request.url = inVersion(request.url, older);
      return next(request);
    },
  };
}

/** `/subscriptions/x/resourceGroups/y/providers/Microsoft.Z/type/name`, without what is asked of it. */
function resourceIn(url: string): string {
  return new URL(url).pathname.split("/").slice(0, 9).join("/").toLowerCase();
}

function inVersion(url: string, version: string): string {
  const changed = new URL(url);
  changed.searchParams.set("api-version", version);
  return changed.href;
}

function olderIn(body: string, asked: string, least: string | null): string | undefined {
  if (!/NoRegisteredProviderFound|InvalidApiVersionParameter|InvalidResourceType/.test(body)) return undefined;
  const [, list = ""] = /supported api-versions are '([^']*)'/.exec(body) ?? [];
  const versions = list
    .split(",")
    .map((version) => version.trim())
    .filter((version) => /^\d{4}-\d\d-\d\d(-preview)?$/.test(version) && version.slice(0, 10) < asked.slice(0, 10))
    .sort();
  const stable = versions.filter((version) => !version.endsWith("-preview")).at(-1);
  const isEnough = least === null || (stable !== undefined && stable >= least);
  return isEnough ? stable : (versions.filter((version) => version >= (least ?? "")).at(-1) ?? stable);
}
