import { digestOf } from "./chance.ts";

/** Makes the ids Azure would make at random: new ones each time, and the same ones in the same run with the same seed. */
export interface IdMaker {
  /** A GUID. `kind`: what it is for; `name`: of the thing it names, as stable as names are (never an id made at random). */
  next(kind: string, name: string): string;
}

export function idMaker(seed: number): IdMaker {
  const counts = new Map<string, number>();
  return {
    next: (kind, name) => {
      const key = `${kind}\u0000${name}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return guidFrom(digestOf([seed, kind, name, count]));
    },
  };
}

/** A GUID that follows from these bytes, with version and variant as in a random one. */
export function guidFrom(digest: Buffer): string {
  const hex = digest.toString("hex");
  const variant = (8 + ((digest[8] ?? 0) % 4)).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
