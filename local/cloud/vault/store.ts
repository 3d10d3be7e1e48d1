import { recycleBin, type RecycleBin } from "./bin.ts";
import type { Conflict } from "./errors.ts";
import type { Named, SecretChange, SecretVersion, StoreNeeds } from "./secrets.ts";

/** One vault's secrets. Names match without regard to case; a name keeps the spelling of its first use. */
export interface SecretStore extends RecycleBin {
  /** Only where there is no conflict. */
  put(name: string, value: string, properties: SecretChange): SecretVersion;
  get(name: string, version?: string): SecretVersion | undefined;
  change(name: string, version: string, properties: SecretChange): SecretVersion | undefined;
  versions(name: string): readonly SecretVersion[];
  list(): readonly { readonly name: string; readonly latest: SecretVersion }[];
  /** Why the name cannot be used or changed now. */
  conflict(name: string): Conflict | undefined;
  reset(): void;
  /** Keeps all of it as it is now; what comes back puts it back. */
  snapshot(): () => void;
}

export function secretStore(needs: StoreNeeds): SecretStore {
  const { clock, ids } = needs;
  const live = new Map<string, Named>();
  const seconds = (): number => Math.floor(clock.now() / 1000);
  const bin = recycleBin(live, needs);
  const find = (name: string): SecretVersion[] =>
    bin.isShown(name) ? (live.get(name.toLowerCase())?.versions ?? []) : [];
  return {
    ...bin,
    put: (name, value, properties) => {
      const now = seconds();
      const key = name.toLowerCase();
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
      [...live.values()].flatMap(({ name }) => {
        const latest = find(name).at(-1);
        return latest ? [{ name, latest }] : [];
      }),
  };
}
