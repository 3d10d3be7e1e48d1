/** Rotations of a scope that take their time, for the instance that begins them. */
import { longestTurnInSeconds, type ScopeInput } from "../../src/domain/rotationScope.ts";
import { after } from "../../src/domain/time.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import { born } from "./world.ts";

export const scopeInput: ScopeInput = {
  instanceId: "rotate-scope-1",
  operations: ["op-0", "op-1", "op-2"],
  underWay: [],
  maxConcurrent: 2,
  until: after(born, longestTurnInSeconds).toISOString(),
  defaults: { secretLifetimeInDays: 180, rotationFraction: 2 / 3, maintenanceWindow: null },
  waits: standardWaits,
};

type Asked = { readonly underWay: readonly string[]; readonly next: readonly string[]; readonly maxConcurrent: number };

/** Each takes so many seconds from its beginning; `running` began before. */
export function turnsOf(seconds: number, running: readonly string[] = []) {
  const began = new Map<string, number>(running.map((id) => [id, new Date(born).getTime()]));
  const begun: string[] = [];
  let most = 0;
  const take = ({ underWay, next, maxConcurrent }: Asked, _call: number, at: Date) => {
    const going = underWay.filter((id) => at.getTime() < (began.get(id) ?? 0) + seconds * 1000);
    const started = next.slice(0, Math.max(0, maxConcurrent - going.length));
    for (const id of started) began.set(id, at.getTime());
    begun.push(...started);
    most = Math.max(most, going.length + started.length);
    return { underWay: [...going, ...started], taken: started.length, isStarting: false };
  };
  return { take: take as (given: never, call: number, at: Date) => unknown, begun, most: () => most };
}
