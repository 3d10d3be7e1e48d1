import { Refusal } from "../armKit/refusal.ts";
import { inClockMs } from "../kit/clock.ts";
import type { Clock, Timings } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { Life } from "../kit/life.ts";
import type { Registry, RegistryStore } from "./store.ts";
import { applyChanges } from "./update.ts";

export const slowUpdates = "slowRegistryUpdates";

/** Updates of registries: done at once, or after a while and one at a time. */
export interface RegistryUpdates {
  /** The operation to follow; undefined where the update is done. Throws Refusal while another one runs. */
  begin(registry: Registry, changes: Partial<Registry>): string | undefined;
  /** Of one registry; undefined where there was no such operation. */
  statusOf(registry: Registry, operationId: string): "Updating" | "Succeeded" | undefined;
}

interface Needs {
  readonly store: () => RegistryStore;
  readonly life: Life;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly ids: IdMaker;
}

const shortestInSeconds = 5;
const longestInSeconds = 90;

export function registryUpdates({ store, life, clock, timings, ids }: Needs): RegistryUpdates {
  const ended = new WeakMap<Registry, Set<string>>();
  return {
    begin: (registry, changes) => {
      if (registry.update) throw inProgress(registry, life);
      if (!life.on(slowUpdates)) {
        applyChanges(registry, changes, clock.now());
        return undefined;
      }
      life.strike(slowUpdates);
      const operationId = `registries-${ids.next("registry update", registry.id)}`;
      const chance = life.chance(slowUpdates, operationId);
      const inMs = inClockMs(timings, shortestInSeconds + chance * (longestInSeconds - shortestInSeconds));
      registry.update = { operationId, endsAt: clock.now() + inMs };
      clock.after(inMs, () => {
        delete registry.update;
        // A reset may have come between: then this is no longer the registry there is.
        if (store().get(registry.id) === registry) applyChanges(registry, changes, clock.now());
        const before = ended.get(registry) ?? new Set();
        ended.set(registry, before.add(operationId));
      });
      return operationId;
    },
    statusOf: (registry, operationId) => {
      if (registry.update?.operationId === operationId) return "Updating";
      return ended.get(registry)?.has(operationId) ? "Succeeded" : undefined;
    },
  };
}

function inProgress({ name }: Registry, life: Life): Refusal {
  life.strike(slowUpdates);
  return new Refusal(
    "Conflict",
    `The registry '${name}' is in the state Updating: another operation is in progress. Try again when it has ended.`,
  );
}
