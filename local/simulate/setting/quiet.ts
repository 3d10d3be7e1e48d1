import type { Estate } from "../../cloud/estates/estate.ts";
import { chanceOf } from "../../cloud/kit/chance.ts";
import { lifeFrom } from "../../cloud/life/options.ts";

/** Chooses among places that an estate may name. */
export interface Quiet {
  /**
   * So many of the candidates, the first ones first: four in five of them are places where nothing stands that refuses a
   * link, and one in five is taken as it comes. `estate` names all candidates.
   */
  choose<Candidate>(
    candidates: readonly Candidate[],
    count: number,
    placesOf: (candidate: Candidate) => readonly Placed[],
    estate: Estate,
  ): readonly Candidate[];
}

export const everywhereQuiet: Quiet = { choose: (candidates, count) => candidates.slice(0, count) };

/** Of the switches that fall on one resource in five, those that refuse a link there. */
const refusing = {
  cluster: ["readOnlyLocks", "roleAssignmentsFull", "blobsBlocked"],
  nodeGroup: ["nodeGroupLockdown", "roleAssignmentsFull"],
  registry: ["readOnlyLocks", "policyDeny", "roleAssignmentsFull", "registryFirewalls", "privateRegistries"],
} as const;

export interface Placed {
  readonly kind: keyof typeof refusing;
  readonly id: string;
}

const shareAsItComes = 0.2;

/** As the cloud will put things, by the same seed. */
export function quietUnder(seed: number): Quiet {
  return {
    choose: (candidates, count, placesOf, estate) => {
      const life = lifeFrom({ seed }, estate, seed);
      const isQuiet = (candidate: (typeof candidates)[number]): boolean =>
        placesOf(candidate).every(({ kind, id }) => !refusing[kind].some((name) => life.struckBy(name, id)));
      const chosen: (typeof candidates)[number][] = [];
      let rest = candidates;
      while (chosen.length < count && rest.length > 0) {
        const asItComes = chanceOf(seed, "as it comes", chosen.length) < shareAsItComes;
        const at = asItComes ? 0 : Math.max(0, rest.findIndex(isQuiet));
        chosen.push(...rest.slice(at, at + 1));
        rest = rest.slice(at + 1);
      }
      return chosen;
    },
  };
}

/** So many candidates are enough for almost every seed. */
export function candidatesFor(count: number): number {
  return 6 * count + 60;
}
