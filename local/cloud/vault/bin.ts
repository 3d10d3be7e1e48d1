import type { Conflict } from "./errors.ts";
import type { Named, SecretVersion, StoreNeeds } from "./secrets.ts";

export interface Deleted extends Named {
  /** Seconds since the epoch. */
  readonly deletedDate: number;
  readonly scheduledPurgeDate: number;
}

/** What is deleted waits here, its name taken, until it is recovered, purged, or kept long enough. */
export interface RecycleBin {
  /** Says how it will be in the bin, though it may not show there yet. */
  delete(name: string): Deleted | undefined;
  deleted(name: string): Deleted | undefined;
  allDeleted(): readonly Deleted[];
  recover(name: string): SecretVersion | undefined;
  purge(name: string): boolean;
  conflict(name: string): Conflict | undefined;
  /** A secret that is being recovered does not show at first. */
  isShown(name: string): boolean;
  reset(): void;
  snapshot(): () => void;
}

/** When what was done shows, and when it is over; milliseconds since the epoch. */
interface Under {
  readonly shownAt: number;
  readonly settledAt: number;
}

const day = 86_400;

export function recycleBin(live: Map<string, Named>, needs: Omit<StoreNeeds, "ids">): RecycleBin {
  const { clock, slowness, retentionInDays } = needs;
  const bin = new Map<string, Deleted>();
  const under = new Map<string, Under>();
  const begin = (name: string): void => {
    const { shownInMs, settledInMs } = slowness(name.toLowerCase());
    under.set(name.toLowerCase(), { shownAt: clock.now() + shownInMs, settledAt: clock.now() + settledInMs });
  };
  const isShown = (name: string): boolean => (under.get(name.toLowerCase())?.shownAt ?? 0) <= clock.now();
  const isSettled = (name: string): boolean => (under.get(name.toLowerCase())?.settledAt ?? 0) <= clock.now();
  const held = (name: string): Deleted | undefined => {
    const found = bin.get(name.toLowerCase());
    if (!found || found.scheduledPurgeDate * 1000 > clock.now()) return found;
    bin.delete(name.toLowerCase());
    return undefined;
  };
  return {
    isShown,
    conflict: (name) => {
      if (held(name)) return isSettled(name) ? "deleted" : "beingDeleted";
      return live.has(name.toLowerCase()) && !isSettled(name) ? "beingRecovered" : undefined;
    },
    delete: (name) => {
      const key = name.toLowerCase();
      const entry = live.get(key);
      if (!entry) return undefined;
      const deletedDate = Math.floor(clock.now() / 1000);
      const deleted = { ...entry, deletedDate, scheduledPurgeDate: deletedDate + retentionInDays() * day };
      live.delete(key);
      bin.set(key, deleted);
      begin(name);
      return deleted;
    },
    deleted: (name) => (isShown(name) ? held(name) : undefined),
    allDeleted: () => [...bin.values()].filter(({ name }) => isShown(name) && held(name)),
    recover: (name) => {
      const key = name.toLowerCase();
      const entry = held(name);
      if (!entry) return undefined;
      bin.delete(key);
      live.set(key, { name: entry.name, versions: entry.versions });
      begin(name);
      return entry.versions.at(-1);
    },
    purge: (name) => held(name) !== undefined && bin.delete(name.toLowerCase()),
    reset: () => {
      for (const map of [live, bin, under]) map.clear();
    },
    snapshot: () => {
      const kept = structuredClone({ live, bin, under });
      return () => {
        refill(live, kept.live);
        refill(bin, kept.bin);
        refill(under, kept.under);
      };
    },
  };
}

function refill<Value>(map: Map<string, Value>, kept: ReadonlyMap<string, Value>): void {
  map.clear();
  for (const [key, value] of structuredClone(kept)) map.set(key, value);
}
