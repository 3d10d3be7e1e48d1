import { randomUUID } from "node:crypto";
import type { Registry } from "../acr/store.ts";
import { digestOf, digestsIn, makeImage, type Content } from "./image.ts";

export type Stored = { readonly outcome: "stored"; readonly digest: string };
export type NotStored = {
  readonly outcome: "refused";
  readonly reason: "digestInvalid" | "manifestInvalid" | "blobUnknown" | "uploadUnknown";
};

/** Images of a registry: those of the estate, made when first asked for, and what was pushed since. */
export interface Contents {
  repositories(): readonly string[];
  /** Undefined: no such repository. */
  tags(repository: string): readonly string[] | undefined;
  /** By tag or digest. */
  manifest(repository: string, reference: string): Content | undefined;
  blob(repository: string, digest: string): Content | undefined;
  /** When a tag or digest was pushed; undefined for what the estate names. */
  pushed(repository: string, reference: string): Pushed | undefined;
  /** Every manifest, tagged or not. Undefined: no such repository. */
  manifests(repository: string): readonly Content[] | undefined;
  /** The id of a new upload. */
  beginUpload(repository: string): string;
  /** How many bytes there are now; undefined: no such upload. */
  append(repository: string, upload: string, bytes: Buffer): number | undefined;
  cancelUpload(repository: string, upload: string): boolean;
  finishUpload(repository: string, upload: string, digest: string): Stored | NotStored;
  /** Makes a blob of another repository known here; false where there is none. */
  mount(repository: string, digest: string, from: string): boolean;
  /** Under a tag or its own digest. Every blob it names has to be there. */
  putManifest(repository: string, reference: string, mediaType: string, bytes: Buffer): Stored | NotStored;
  /** With every tag that leads to it; false where there is none. */
  deleteManifest(repository: string, digest: string): boolean;
}

/** First and last, in milliseconds since the epoch. */
export interface Pushed {
  readonly firstAt: number;
  readonly lastAt: number;
}

interface Shelf {
  readonly tags: Map<string, Content>;
  readonly byDigest: Map<string, Content>;
  /** By tag or digest. */
  readonly pushed: Map<string, Pushed>;
}

interface State {
  readonly shelves: Map<string, Shelf>;
  readonly uploads: Map<string, { readonly repository: string; bytes: Buffer }>;
}

/** What was pushed is forgotten when the registry is made anew. */
export function contentsOf(registry: () => Registry, now: () => number): Contents {
  const states = new WeakMap<Registry, State>();
  const state = (): State => {
    const kept = states.get(registry()) ?? { shelves: new Map(), uploads: new Map() };
    states.set(registry(), kept);
    return kept;
  };
  const shelf = (repository: string): Shelf | undefined => {
    const { shelves } = state();
    const found = shelves.get(repository) ?? fromEstate(registry(), repository);
    if (found) shelves.set(repository, found);
    return found;
  };
  const shelfToFill = (repository: string): Shelf => {
    const found = shelf(repository) ?? { tags: new Map(), byDigest: new Map(), pushed: new Map() };
    state().shelves.set(repository, found);
    return found;
  };
  return { ...reading(registry, state, shelf), ...uploading(state, shelf, shelfToFill), ...manifests(shelf, now) };
}

function fromEstate(registry: Registry, repository: string): Shelf | undefined {
  const source = registry.repositories.find(({ name }) => name === repository);
  if (!source) return undefined;
  const images = source.tags.map((tag) => [tag, makeImage(registry.name, repository, tag)] as const);
  return {
    tags: new Map(images.map(([tag, { manifest }]) => [tag, manifest])),
    byDigest: new Map(
      images.flatMap(([, { manifest, blobs }]) => [manifest, ...blobs].map((one) => [one.digest, one])),
    ),
    pushed: new Map(),
  };
}

type ShelfOf = (repository: string) => Shelf | undefined;

function reading(
  registry: () => Registry,
  state: () => State,
  shelf: ShelfOf,
): Pick<Contents, "repositories" | "tags" | "manifest" | "blob" | "pushed" | "manifests"> {
  return {
    repositories: () => {
      const pushed = [...state().shelves].filter(([, { tags }]) => tags.size > 0).map(([name]) => name);
      return [...new Set([...registry().repositories.map(({ name }) => name), ...pushed])].sort();
    },
    tags: (repository) => {
      const found = shelf(repository);
      return found && [...found.tags.keys()].sort();
    },
    manifest: (repository, reference) => {
      const found = shelf(repository);
      return found?.tags.get(reference) ?? asManifest(found?.byDigest.get(reference));
    },
    blob: (repository, digest) => shelf(repository)?.byDigest.get(digest),
    pushed: (repository, reference) => shelf(repository)?.pushed.get(reference),
    manifests: (repository) => {
      const found = shelf(repository);
      return found && [...found.byDigest.values()].filter((one) => asManifest(one) !== undefined);
    },
  };
}

function uploading(
  state: () => State,
  shelf: ShelfOf,
  shelfToFill: (repository: string) => Shelf,
): Pick<Contents, "beginUpload" | "append" | "cancelUpload" | "finishUpload" | "mount"> {
  const upload = (repository: string, id: string): { bytes: Buffer } | undefined => {
    const found = state().uploads.get(id);
    return found?.repository === repository ? found : undefined;
  };
  return {
    beginUpload: (repository) => {
      const id = randomUUID();
      state().uploads.set(id, { repository, bytes: Buffer.alloc(0) });
      return id;
    },
    append: (repository, id, bytes) => {
      const found = upload(repository, id);
      if (found && bytes.length > 0) found.bytes = Buffer.concat([found.bytes, bytes]);
      return found?.bytes.length;
    },
    cancelUpload: (repository, id) => upload(repository, id) !== undefined && state().uploads.delete(id),
    finishUpload: (repository, id, digest) => {
      const found = upload(repository, id);
      if (!found) return { outcome: "refused", reason: "uploadUnknown" };
      if (digestOf(found.bytes) !== digest) return { outcome: "refused", reason: "digestInvalid" };
      state().uploads.delete(id);
      const content = { mediaType: "application/octet-stream", digest, bytes: found.bytes };
      shelfToFill(repository).byDigest.set(digest, content);
      return { outcome: "stored", digest };
    },
    mount: (repository, digest, from) => {
      const found = shelf(from)?.byDigest.get(digest);
      if (found) shelfToFill(repository).byDigest.set(digest, found);
      return found !== undefined;
    },
  };
}

function manifests(shelf: ShelfOf, now: () => number): Pick<Contents, "putManifest" | "deleteManifest"> {
  return {
    putManifest: (repository, reference, mediaType, bytes) => {
      const digest = digestOf(bytes);
      if (reference.includes(":") && reference !== digest) return { outcome: "refused", reason: "digestInvalid" };
      const named = digestsIn(bytes);
      if (!named || !mediaType.includes("manifest")) return { outcome: "refused", reason: "manifestInvalid" };
      const found = shelf(repository);
      if (!found || named.some((one) => !found.byDigest.has(one))) return { outcome: "refused", reason: "blobUnknown" };
      const content = { mediaType, digest, bytes };
      found.byDigest.set(digest, content);
      if (!reference.includes(":")) found.tags.set(reference, content);
      for (const one of new Set([digest, reference]))
        found.pushed.set(one, { firstAt: found.pushed.get(one)?.firstAt ?? now(), lastAt: now() });
      return { outcome: "stored", digest };
    },
    deleteManifest: (repository, digest) => {
      const found = shelf(repository);
      if (!found || !asManifest(found.byDigest.get(digest))) return false;
      const tags = [...found.tags].filter(([, content]) => content.digest === digest).map(([tag]) => tag);
      for (const one of [...tags, digest]) found.pushed.delete(one);
      for (const tag of tags) found.tags.delete(tag);
      return found.byDigest.delete(digest);
    },
  };
}

function asManifest(content: Content | undefined): Content | undefined {
  return content?.mediaType.includes("manifest") ? content : undefined;
}
