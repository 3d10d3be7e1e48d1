import { HostError } from "./errors.ts";
import type { Routes } from "./http/routes.ts";
import type { Timers } from "./triggers/timers.ts";
import { triggerOf, type FunctionMetadata } from "./worker/messages.ts";

/**
 * Functions that cannot run, each with the reason in one line: a name, route or schedule that cannot be. As on the platform
 * they are in error, and the others run. They are taken in order of name: of two that
 * are in each other's way the later one is in error.
 */
export function faultsOf(
  functions: readonly FunctionMetadata[],
  { routes, timers }: { readonly routes: Routes; readonly timers: Timers },
): ReadonlyMap<FunctionMetadata, string> {
  const faults = new Map<FunctionMetadata, string>();
  const names = new Set<string>();
  const routed: FunctionMetadata[] = [];
  const key = ({ name }: FunctionMetadata): string => name.toLowerCase();
  for (const one of functions.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))) {
    try {
      checkName(one.name, names);
      timers.check([one]);
      if (triggerOf(one)?.type === "httpTrigger") {
        routes.check([...routed, one]);
        routed.push(one);
      }
      names.add(one.name.toLowerCase());
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      faults.set(one, error.message);
    }
  }
  return faults;
}

function checkName(name: string, others: ReadonlySet<string>): void {
  if (!/^[a-z][a-z0-9_-]{0,127}$/i.test(name) || name.toLowerCase() === "host")
    throw new HostError(`"${name}" is not a valid function name`);
  if (others.has(name.toLowerCase())) throw new HostError(`two functions are named "${name}" (case does not count)`);
}
