import { covers, resourceIn, tidyScope } from "../armKit/scope.ts";
import { Refusal } from "../armKit/refusal.ts";
import type { Life } from "../kit/life.ts";

export type LockLevel = "ReadOnly" | "CanNotDelete";

export interface Lock {
  readonly name: string;
  readonly scope: string;
  readonly level: LockLevel;
  readonly notes?: string | undefined;
}

/** Locks that somebody put, and those that switches put there and nobody has taken away. */
export interface Locks {
  all(): readonly Lock[];
  /** All on a scope, above it and below it. */
  around(scope: string): readonly Lock[];
  get(scope: string, name: string): Lock | undefined;
  put(lock: Lock): { readonly isNew: boolean };
  remove(lock: Lock): void;
  /** Throws Refusal where a lock on the scope or above it forbids the change. */
  refuse(scope: string, change: "write" | "delete"): void;
}

/** What is kept of locks. */
export interface LockState {
  readonly put: Map<string, Lock>;
  /** Of what switches put: what somebody took away. */
  readonly removed: Set<string>;
}

export const lockSwitches = [
  { name: "readOnlyLocks", level: "ReadOnly" },
  { name: "deleteLocks", level: "CanNotDelete" },
] as const;
const seededName = { readOnlyLocks: "do-not-change", deleteLocks: "do-not-delete" } as const;

const keyOf = (scope: string, name: string): string => `${tidyScope(scope)}|${name}`.toLowerCase();

/** `resources`: the ids that a switch may fall on. */
export function locksOver(state: () => LockState, life: Life, resources: readonly string[]): Locks {
  const seededOn = (resource: string): readonly (Lock & { readonly by: string })[] =>
    lockSwitches
      .filter(({ name }) => life.struckBy(name, resource) && !state().removed.has(keyOf(resource, seededName[name])))
      .map(({ name, level }) => ({ name: seededName[name], scope: resource, level, by: name }));
  const put = (): readonly Lock[] => [...state().put.values()];
  const seeded = (): readonly Lock[] =>
    lockSwitches.some(({ name }) => life.on(name)) ? resources.flatMap(seededOn) : [];
  const all = (): readonly Lock[] => [...put(), ...seeded()];
  return {
    all,
    around: (scope) => all().filter((one) => covers(one.scope, scope) || covers(scope, one.scope)),
    get: (scope, name) => all().find((one) => keyOf(one.scope, one.name) === keyOf(scope, name)),
    put: (lock) => {
      const key = keyOf(lock.scope, lock.name);
      const isNew = !all().some((one) => keyOf(one.scope, one.name) === key);
      state().put.set(key, lock);
      return { isNew };
    },
    remove: ({ scope, name }) => {
      state().put.delete(keyOf(scope, name));
      state().removed.add(keyOf(scope, name));
    },
    refuse: (scope, change) => {
      const forbids = ({ level }: Lock): boolean => level === "ReadOnly" || change === "delete";
      const given = put().filter((one) => covers(one.scope, scope) && forbids(one));
      const struck = seededOn(resourceIn(scope)).filter(forbids);
      if (given.length === 0 && struck.length === 0) return;
      if (given.length === 0) for (const { by } of struck) life.strike(by);
      const locked = [...new Set([...given, ...struck].map((one) => one.scope))].join(",");
      throw new Refusal(
        "ScopeLocked",
        `The scope '${scope}' cannot perform ${change} operation because following scope(s) are locked: '${locked}'. Please remove the lock and try again.`,
      );
    },
  };
}
