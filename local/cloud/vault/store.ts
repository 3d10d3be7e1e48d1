import type { Clock } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";

export interface SecretVersion {
  readonly version: string;
  /** Stays in this process and in the vault's own answers. */
  readonly value: string;
  readonly contentType?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  /** Seconds since the epoch, as Key Vault counts. */
  readonly exp?: number;
  readonly nbf?: number;
  readonly created: number;
  readonly updated: number;
}

export type SecretChange = Partial<Pick<SecretVersion, "contentType" | "tags" | "enabled" | "exp" | "nbf">>;

interface Deleted {
  readonly versions: readonly SecretVersion[];
  readonly deletedDate: number;
}

/** One vault's secrets. Names match without regard to case; a name keeps the spelling of its first use. */
export interface SecretStore {
  /** `deleted`: the name waits in the recycle bin and cannot be used. */
  put(name: string, value: string, properties: SecretChange): SecretVersion | "deleted";
  get(name: string, version?: string): SecretVersion | undefined;
  change(name: string, version: string, properties: SecretChange): SecretVersion | undefined;
  versions(name: string): readonly SecretVersion[];
  list(): readonly { readonly name: string; readonly latest: SecretVersion }[];
  delete(name: string): Deleted | undefined;
  deleted(name: string): Deleted | undefined;
  recover(name: string): SecretVersion | undefined;
  purge(name: string): boolean;
  reset(): void;
  /** Keeps all of it as it is now; what comes back puts it back. */
  snapshot(): () => void;
}

interface Named {
  /** As first spelt. */
  readonly name: string;
  readonly versions: SecretVersion[];
}

export function secretStore(clock: Clock, ids: IdMaker): SecretStore {
  const live = new Map<string, Named>();
  const seconds = (): number => Math.floor(clock.now() / 1000);
  const find = (name: string): SecretVersion[] => live.get(name.toLowerCase())?.versions ?? [];
  const bin = recycleBin(live, seconds);
  return {
    ...bin,
    put: (name, value, properties) => {
      if (bin.deleted(name)) return "deleted";
      const key = name.toLowerCase();
      const now = seconds();
      const version = ids.next("secret version", key).replaceAll("-", "");
      const made = { enabled: true, ...properties, version, value, created: now, updated: now };
      live.set(key, { name: live.get(key)?.name ?? name, versions: [...find(name), made] });
      return made;
    },
    get: (name, version) =>
      version ? find(name).find((one) => one.version === version.toLowerCase()) : find(name).at(-1),
    change: (name, version, properties) => {
      const versions = find(name);
      const at = versions.findIndex((one) => one.version === version.toLowerCase());
      const old = versions[at];
      if (!old) return undefined;
      const changed = { ...old, ...properties, updated: seconds() };
      versions[at] = changed;
      return changed;
    },
    versions: find,
    list: () =>
      [...live.values()].flatMap(({ name, versions }) => {
        const latest = versions.at(-1);
        return latest ? [{ name, latest }] : [];
      }),
  };
}

/** What is deleted waits here, its name taken, until it is recovered or purged. */
function recycleBin(
  live: Map<string, Named>,
  seconds: () => number,
): Pick<SecretStore, "delete" | "deleted" | "recover" | "purge" | "reset" | "snapshot"> {
  const bin = new Map<string, Named & Deleted>();
  return {
    delete: (name) => {
      const key = name.toLowerCase();
      const entry = live.get(key);
      if (!entry) return undefined;
      const deleted = { ...entry, deletedDate: seconds() };
      live.delete(key);
      bin.set(key, deleted);
      return deleted;
    },
    deleted: (name) => bin.get(name.toLowerCase()),
    recover: (name) => {
      const key = name.toLowerCase();
      const entry = bin.get(key);
      if (!entry) return undefined;
      bin.delete(key);
      live.set(key, { name: entry.name, versions: entry.versions });
      return entry.versions.at(-1);
    },
    purge: (name) => bin.delete(name.toLowerCase()),
    reset: () => {
      live.clear();
      bin.clear();
    },
    snapshot: () => {
      const kept = structuredClone({ live, bin });
      return () => {
        refill(live, kept.live);
        refill(bin, kept.bin);
      };
    },
  };
}

function refill<Value>(map: Map<string, Value>, kept: ReadonlyMap<string, Value>): void {
  map.clear();
  for (const [key, value] of structuredClone(kept)) map.set(key, value);
}
