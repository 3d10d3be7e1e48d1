import { faultSchema, type EveryCall, type Fault } from "../cloud/kit/faults.ts";
import type { Chance } from "./chance.ts";

/** Calls that go wrong by chance, whatever they are. */
export interface Mishaps {
  readonly everyCall: EveryCall;
  /** From now on nothing goes wrong any more: somebody wants to look. */
  end(): void;
}

const share = 1 / 50;
type Mishap = Partial<Pick<Fault, "status" | "cut" | "effect">>;
const kinds: readonly [Mishap, ...Mishap[]] = [
  { status: 503 },
  { cut: true },
  // The effect takes place, and nobody hears of it.
  { cut: true, effect: "after" },
];

/** One call in fifty is refused, cut, or has its effect and no answer. `spared`: client ids of callers that are not judged. */
export function mishapsBy(chance: Chance, spared: readonly string[]): Mishaps {
  const counts = new Map<string, number>();
  let isOver = false;
  return {
    end: () => {
      isOver = true;
    },
    everyCall: ({ service, operation, aim }): Fault | undefined => {
      if (isOver || service === "control") return undefined;
      const { resource = "", callers } = aim();
      if (callers.some((id) => spared.includes(id))) return undefined;
      const key = [service, operation, resource, callers[0] ?? ""].join(" ");
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (chance.of("mishap", key, count) >= share) return undefined;
      return faultSchema.parse({ service, ...chance.pick(kinds, "kind of mishap", key, count) });
    },
  };
}
