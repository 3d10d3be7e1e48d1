import { chanceOf } from "../cloud/kit/chance.ts";

/** Numbers that follow from seed and key alone, so that one thing more or less changes nothing of the others. */
export interface Chance {
  /** In [0, 1). */
  of(...key: readonly (string | number)[]): number;
  /** Between two numbers, small ones as likely as large ones by their order of magnitude. */
  magnitude(least: number, most: number, ...key: readonly (string | number)[]): number;
  pick<Item>(items: readonly [Item, ...Item[]], ...key: readonly (string | number)[]): Item;
}

export function chanceFrom(seed: number): Chance {
  const of: Chance["of"] = (...key) => chanceOf(seed, "simulate", ...key);
  return {
    of,
    magnitude: (least, most, ...key) => least * (most / least) ** of(...key),
    pick: (items, ...key) => items[Math.floor(of(...key) * items.length)] ?? items[0],
  };
}
