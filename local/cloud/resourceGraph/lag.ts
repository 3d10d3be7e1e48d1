import { inClockMs } from "../kit/clock.ts";
import type { YoungNeeds } from "../armKit/young.ts";
import { textOf, type Row } from "./values.ts";

export const resourceGraphLag = "resourceGraphLag";
const shortestInSeconds = 2;
const longestInSeconds = 600;

/** What Resource Graph has not heard of yet. */
export interface GraphLag {
  /** `before`: the row of what may be changed now; undefined where there is none. */
  changing(id: string, before: Row | undefined): void;
  /** The rows as Resource Graph knows them: changed ones as they were, deleted ones still, new ones not yet. */
  seen(rows: readonly Row[], belongs: (row: Row) => boolean): readonly Row[];
  forget(): void;
}

interface Change {
  readonly before: Row | undefined;
  /** Milliseconds since the epoch; of one thing never before that of an earlier change. */
  readonly knownAt: number;
}

export function graphLag({ life, clock, timings }: YoungNeeds): GraphLag {
  const pending = new Map<string, readonly Change[]>();
  const counts = new Map<string, number>();
  const unknown = (key: string): readonly Change[] => {
    const left = (pending.get(key) ?? []).filter(({ knownAt }) => knownAt > clock.now());
    if (left.length > 0) pending.set(key, left);
    else pending.delete(key);
    return left;
  };
  return {
    changing: (id, before) => {
      if (!life.on(resourceGraphLag)) return;
      const key = id.toLowerCase();
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      // Seconds most of the time, minutes now and then.
      const chance = life.chance(resourceGraphLag, `${key} ${count}`);
      const seconds = shortestInSeconds * (longestInSeconds / shortestInSeconds) ** chance;
      const earlier = unknown(key);
      const knownAt = Math.max(clock.now() + inClockMs(timings, seconds), earlier.at(-1)?.knownAt ?? 0);
      pending.set(key, [...earlier, { before, knownAt }]);
    },
    seen: (rows, belongs) => {
      if (pending.size === 0 || !life.on(resourceGraphLag)) return rows;
      const old = new Map(
        [...pending.keys()].flatMap((key) =>
          unknown(key)
            .slice(0, 1)
            .map((one) => [key, one.before]),
        ),
      );
      const there = new Map(rows.map((row) => [idOf(row), row]));
      const kept = rows.flatMap((row) => {
        const key = idOf(row);
        if (!old.has(key)) return [row];
        const before = old.get(key);
        if (JSON.stringify(before) !== JSON.stringify(row)) life.strike(resourceGraphLag);
        return before ? [before] : [];
      });
      const gone = [...old].flatMap(([key, before]) => (before && !there.has(key) && belongs(before) ? [before] : []));
      for (let count = gone.length; count > 0; count -= 1) life.strike(resourceGraphLag);
      return [...kept, ...gone];
    },
    forget: () => pending.clear(),
  };
}

function idOf(row: Row): string {
  return textOf(row["id"] ?? null).toLowerCase();
}
