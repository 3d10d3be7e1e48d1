import type { Pushed } from "./contents.ts";
import type { Content } from "./image.ts";
import type { RegistryModel } from "./model.ts";

/** As ACR's own interface shows a tag. `createdAt`: of the registry, and so of what the estate names. */
export function shownTag(model: RegistryModel, repository: string, tag: string, createdAt: string): object {
  return {
    name: tag,
    digest: model.contents.manifest(repository, tag)?.digest,
    ...timesOf(model.contents.pushed(repository, tag), createdAt),
    signed: false,
    changeableAttributes: model.locks.of(repository, tag),
  };
}

export function shownRepository(model: RegistryModel, repository: string, createdAt: string): object {
  const { contents, locks, loginServer } = model;
  return {
    registry: loginServer,
    imageName: repository,
    createdTime: createdAt,
    lastUpdateTime: createdAt,
    manifestCount: contents.manifests(repository)?.length ?? 0,
    tagCount: contents.tags(repository)?.length ?? 0,
    changeableAttributes: locks.of(repository),
  };
}

/** As ACR's own interface shows a manifest: size of config and layers, platform, and the tags that lead to it. */
export function shownManifest(
  { contents, locks }: RegistryModel,
  repository: string,
  manifest: Content | undefined,
  createdAt: string,
): object {
  if (!manifest) return {};
  const { digest, mediaType, bytes } = manifest;
  const { config, layers } = JSON.parse(bytes.toString("utf8")) as Named;
  const sizes = [config, ...(Array.isArray(layers) ? (layers as readonly Part[]) : [])].map(
    (part) => Number(part?.size) || 0,
  );
  const tags = (contents.tags(repository) ?? []).filter((tag) => contents.manifest(repository, tag)?.digest === digest);
  const settings = config && contents.blob(repository, config.digest);
  const { architecture, os } = platformIn(settings);
  return {
    digest,
    imageSize: sizes.reduce((sum, size) => sum + size, 0),
    ...timesOf(contents.pushed(repository, digest), createdAt),
    ...(architecture !== undefined && { architecture }),
    ...(os !== undefined && { os }),
    mediaType,
    ...(config && { configMediaType: config.mediaType }),
    ...(tags.length > 0 && { tags }),
    changeableAttributes: locks.of(repository, digest),
  };
}

function timesOf(pushed: Pushed | undefined, createdAt: string): object {
  const shown = (at: number | undefined): string => (at === undefined ? createdAt : new Date(at).toISOString());
  return { createdTime: shown(pushed?.firstAt), lastUpdateTime: shown(pushed?.lastAt) };
}

/** Nothing for what is no image: the settings of other artifacts may be anything. */
function platformIn(settings: Content | undefined): Platform {
  try {
    const read: unknown = JSON.parse(settings?.bytes.toString("utf8") ?? "{}");
    return typeof read === "object" && read !== null ? read : {};
  } catch {
    return {};
  }
}

interface Part {
  readonly digest: string;
  readonly size: number;
  readonly mediaType?: string;
}
interface Named {
  readonly config?: Part;
  /** Of a list of manifests anything, since nobody looked. */
  readonly layers?: unknown;
}
interface Platform {
  readonly architecture?: string;
  readonly os?: string;
}
