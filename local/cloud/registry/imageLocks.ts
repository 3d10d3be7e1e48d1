import type { Registry } from "../acr/store.ts";

/** What may be done with a repository, a tag or a manifest. */
export interface Attributes {
  readonly deleteEnabled: boolean;
  readonly writeEnabled: boolean;
  readonly readEnabled: boolean;
  readonly listEnabled: boolean;
}

export const attributeNames = ["deleteEnabled", "writeEnabled", "readEnabled", "listEnabled"] as const;
const everything: Attributes = { deleteEnabled: true, writeEnabled: true, readEnabled: true, listEnabled: true };

/** Locks on images. `reference`: a tag or a digest; without one the repository itself. */
export interface ImageLocks {
  of(repository: string, reference?: string): Attributes;
  change(repository: string, reference: string | undefined, change: Partial<Attributes>): Attributes;
  /** Do repository and all these references allow it? */
  allow(what: keyof Attributes, repository: string, ...references: readonly (string | undefined)[]): boolean;
}

/** Forgotten when the registry is made anew. */
export function imageLocksOf(registry: () => Registry): ImageLocks {
  const kept = new WeakMap<Registry, Map<string, Attributes>>();
  const locks = (): Map<string, Attributes> => {
    const found = kept.get(registry()) ?? new Map<string, Attributes>();
    kept.set(registry(), found);
    return found;
  };
  const keyOf = (repository: string, reference: string | undefined): string =>
    reference === undefined ? repository : `${repository} ${reference}`;
  const of = (repository: string, reference?: string): Attributes =>
    locks().get(keyOf(repository, reference)) ?? everything;
  return {
    of,
    change: (repository, reference, change) => {
      const changed = { ...of(repository, reference), ...change };
      locks().set(keyOf(repository, reference), changed);
      return changed;
    },
    allow: (what, repository, ...references) =>
      of(repository)[what] && references.every((one) => one === undefined || of(repository, one)[what]),
  };
}
