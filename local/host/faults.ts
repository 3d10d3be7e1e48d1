import { HostError } from "./errors.ts";
import type { Routes } from "./http/routes.ts";
import type { Timers } from "./triggers/timers.ts";
import type { FunctionMetadata } from "./worker/messages.ts";

/**
 * Functions that cannot run, each with the reason in one line: a name, route or schedule that cannot be. As on the platform
 * they are in error, and the others run. They are taken in order of name: of two that are in each other's way the later
 * one is in error.
 */
export function faultsOf(
  functions: readonly FunctionMetadata[],
  { routes, timers }: { readonly routes: Routes; readonly timers: Timers },
): ReadonlyMap<FunctionMetadata, string> {
  const faults = new Map<FunctionMetadata, string>();
  const sound: FunctionMetadata[] = [];
  for (const one of functions.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))) {
    try {
      checkName(one, sound);
      timers.check([one]);
      routes.check(one, sound);
      sound.push(one);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      faults.set(one, error.message);
    }
  }
  return faults;
}

function keyOf({ name }: FunctionMetadata): string {
  return name.toLowerCase();
}

function checkName(one: FunctionMetadata, others: readonly FunctionMetadata[]): void {
  const { name } = one;
  if (!/^[a-z][a-z0-9_-]{0,127}$/i.test(name) || keyOf(one) === "host")
    throw new HostError(`"${name}" is not a valid function name`);
  if (others.some((other) => keyOf(other) === keyOf(one)))
    throw new HostError(`two functions are named "${name}" (case does not count)`);
}
