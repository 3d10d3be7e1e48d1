import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { Engine } from "./engine.ts";
import {
  EventType,
  historyEvent,
  isFinished,
  type BareEvent,
  type HistoryEvent,
  type RuntimeStatus,
} from "../replay/history.ts";
import { createInstance, newInstance } from "./instances.ts";
import type { InstanceState } from "./instances.ts";
import { rewind } from "./rewind.ts";
import type { Store } from "./store.ts";

export interface Filter {
  readonly prefix?: string;
  readonly from?: Date;
  readonly to?: Date;
  /** Empty: any. */
  readonly statuses?: readonly RuntimeStatus[];
}

export interface Page {
  /** Only ids after this one. */
  readonly after?: string;
  readonly limit?: number;
}

export interface StartOptions {
  readonly id?: string | undefined;
  readonly version?: string | undefined;
}

/** What host.json says of starts. */
export interface StartRules {
  readonly versions: { readonly defaultVersion: string };
  /** Whether a start takes the place of a live instance with the same id. */
  readonly startReplacesLive: boolean;
}

type Signal = "done" | "unknown" | "finished";

/** What a client may ask of the instances; each change is one transaction. */
export class Operations {
  readonly #store: Store;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #rules: StartRules;
  #waiting = 0;

  constructor(store: Store, engine: Engine, clock: Clock, rules: StartRules) {
    this.#store = store;
    this.#engine = engine;
    this.#clock = clock;
    this.#rules = rules;
  }

  /** `input` is JSON text. Answers the status of the instance that is in the way, if there is one. */
  start(
    name: string,
    input: string | null,
    options: StartOptions,
  ): { readonly id: string; readonly inTheWay?: RuntimeStatus } {
    const { id = randomUUID().replaceAll("-", ""), version = this.#rules.versions.defaultVersion } = options;
    const inTheWay = this.#store.transaction(() => {
      const former = this.#store.instance(id);
      if (former && !isFinished(former.status) && !this.#rules.startReplacesLive) return former.status;
      const now = this.#clock.now();
      createInstance(this.#store, newInstance({ id, name, version, input }, now), input, now);
      return undefined;
    });
    if (inTheWay) return { id, inTheWay };
    this.#engine.wake(id);
    return { id };
  }

  instance(id: string): InstanceState | undefined {
    return this.#store.instance(id);
  }

  history(id: string): readonly HistoryEvent[] {
    return this.#store.history(id);
  }

  /** In order of id; only a page is read when `limit` is given. */
  query({ from, to, ...rest }: Filter, page: Page = {}): readonly InstanceState[] {
    const created = { ...(from ? { from: from.getTime() } : {}), ...(to ? { to: to.getTime() } : {}) };
    return this.#store.instances({ ...rest, ...created, ...page });
  }

  raise(id: string, event: string, input: string): Signal {
    return this.#signal(id, { EventType: EventType.EventRaised, Name: event, Input: input });
  }

  terminate(id: string, reason: string | null): Signal {
    return this.#signal(id, { EventType: EventType.ExecutionTerminated, Input: reason });
  }

  /** Suspends or resumes; "refused" when the instance is in that state already. */
  hold(id: string, suspend: boolean, reason: string | null): Signal | "refused" {
    const instance = this.#store.instance(id);
    if (!instance) return "unknown";
    if (isFinished(instance.status)) return "finished";
    if ((instance.status === "Suspended") === suspend) return "refused";
    const { ExecutionSuspended, ExecutionResumed } = EventType;
    return this.#signal(id, { EventType: suspend ? ExecutionSuspended : ExecutionResumed, Reason: reason });
  }

  /** "refused" when the instance has not failed. */
  rewind(id: string, reason: string | null): Signal | "refused" {
    const instance = this.#store.instance(id);
    if (!instance) return "unknown";
    if (instance.status !== "Failed") return "refused";
    const woken = this.#store.transaction(() => rewind(this.#store, instance, reason, this.#clock.now()));
    woken.forEach(this.#engine.wake);
    return "done";
  }

  purge(ids: readonly string[]): void {
    this.#store.transaction(() => {
      for (const id of ids) this.#store.remove(id);
    });
  }

  /** How many wait for an instance to end. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when the instance has ended, or with false when `limitInMs` is over. */
  ended(id: string, limitInMs: number): Promise<boolean> {
    const over = (): boolean => isFinished(this.#store.instance(id)?.status ?? "Pending");
    if (over()) return Promise.resolve(true);
    this.#waiting += 1;
    return new Promise((resolve) => {
      const settle = (result: boolean): void => {
        unwatch();
        cancel();
        this.#waiting -= 1;
        resolve(result);
      };
      const unwatch = this.#engine.watch(id, () => {
        if (over()) settle(true);
      });
      const cancel = this.#clock.at(new Date(this.#clock.now().getTime() + limitInMs), () => {
        settle(false);
      });
    });
  }

  #signal(id: string, event: BareEvent): Signal {
    const outcome = this.#store.transaction((): Signal => {
      const instance = this.#store.instance(id);
      if (!instance) return "unknown";
      if (isFinished(instance.status)) return "finished";
      this.#store.send(id, null, historyEvent(event, this.#clock.now()));
      return "done";
    });
    if (outcome === "done") this.#engine.wake(id);
    return outcome;
  }
}
