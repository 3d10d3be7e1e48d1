import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Engine } from "./engine.ts";
import { createInstance, newInstance } from "./episode.ts";
import {
  EventType,
  historyEvent,
  isFinished,
  type BareEvent,
  type HistoryEvent,
  type RuntimeStatus,
} from "./history.ts";
import type { InstanceState } from "./payloads.ts";
import type { Store } from "./store.ts";

export interface Filter {
  readonly prefix?: string;
  readonly from?: Date;
  readonly to?: Date;
  /** Empty: any. */
  readonly statuses?: readonly RuntimeStatus[];
}

type Signal = "done" | "unknown" | "finished";

/** What a client may ask of the instances; each is one transaction. */
export interface Operations {
  /** `input` is JSON text. Answers the status of the instance that is in the way, if there is one. */
  readonly start: (
    name: string,
    input: string | null,
    options?: { readonly id?: string | undefined; readonly version?: string | undefined },
  ) => { readonly id: string; readonly inTheWay?: RuntimeStatus };
  readonly instance: (id: string) => InstanceState | undefined;
  readonly history: (id: string) => readonly HistoryEvent[];
  /** In order of id. */
  readonly query: (filter: Filter) => readonly InstanceState[];
  readonly raise: (id: string, event: string, input: string) => Signal;
  readonly terminate: (id: string, reason: string | null) => Signal;
  /** Suspends or resumes; answers the status that forbids it as "refused". */
  readonly hold: (id: string, suspend: boolean, reason: string | null) => Signal | "refused";
  readonly rewind: (id: string, reason: string | null) => Signal | "refused";
  readonly purge: (ids: readonly string[]) => void;
  /** Resolves when the instance has ended, or with false when `limitInMs` is over. */
  readonly ended: (id: string, limitInMs: number) => Promise<boolean>;
}

export function createOperations(store: Store, engine: Engine, clock: Clock, defaultVersion: string): Operations {
  const signal = (id: string, event: BareEvent): Signal => {
    const outcome = store.transaction((): Signal => {
      const instance = store.instance(id);
      if (!instance) return "unknown";
      if (isFinished(instance.status)) return "finished";
      store.send(id, null, historyEvent(event, clock.now()));
      return "done";
    });
    if (outcome === "done") engine.wake(id);
    return outcome;
  };

  return {
    start(name, input, { id = randomUUID().replaceAll("-", ""), version = defaultVersion } = {}) {
      const inTheWay = store.transaction(() => {
        const former = store.instance(id);
        if (former && !isFinished(former.status)) return former.status;
        const now = clock.now();
        createInstance(store, newInstance({ id, name, version, input }, now), input, now);
        return undefined;
      });
      if (inTheWay) return { id, inTheWay };
      engine.wake(id);
      return { id };
    },
    instance: store.instance,
    history: store.history,
    query: ({ prefix = "", from, to, statuses = [] }) =>
      store
        .instances()
        .filter(({ id }) => id.startsWith(prefix))
        .filter(({ createdAt }) => !(from && createdAt < from.getTime()) && !(to && createdAt > to.getTime()))
        .filter(({ status }) => statuses.length === 0 || statuses.includes(status)),
    raise: (id, event, input) => signal(id, { EventType: EventType.EventRaised, Name: event, Input: input }),
    terminate: (id, reason) => signal(id, { EventType: EventType.ExecutionTerminated, Input: reason }),
    hold(id, suspend, reason) {
      const instance = store.instance(id);
      if (!instance) return "unknown";
      if (isFinished(instance.status)) return "finished";
      if ((instance.status === "Suspended") === suspend) return "refused";
      const { ExecutionSuspended, ExecutionResumed } = EventType;
      return signal(id, { EventType: suspend ? ExecutionSuspended : ExecutionResumed, Reason: reason });
    },
    rewind(id, reason) {
      const instance = store.instance(id);
      if (!instance) return "unknown";
      if (instance.status !== "Failed") return "refused";
      const woken = store.transaction(() => rewind(store, instance, reason, clock.now()));
      woken.forEach(engine.wake);
      return "done";
    },
    purge(ids) {
      store.transaction(() => {
        ids.forEach(store.remove);
      });
    },
    ended(id, limitInMs) {
      const over = (): boolean => isFinished(store.instance(id)?.status ?? "Pending");
      if (over()) return Promise.resolve(true);
      return new Promise((resolve) => {
        const settle = (result: boolean): void => {
          unwatch();
          cancel();
          resolve(result);
        };
        const unwatch = engine.watch(id, () => {
          if (over()) settle(true);
        });
        const cancel = clock.at(new Date(clock.now().getTime() + limitInMs), () => {
          settle(false);
        });
      });
    },
  };
}

/**
 * Makes a failed instance run again from what failed: failed activities, and the end, become events without meaning; failed
 * children are rewound themselves. Answers the instances to wake.
 */
function rewind(store: Store, instance: InstanceState, reason: string | null, now: Date): string[] {
  const { id, executionId } = instance;
  const history = store.history(id);
  const failures = history.filter(
    (event) => event.EventType === EventType.TaskFailed || event.EventType === EventType.SubOrchestrationInstanceFailed,
  );
  const failed = new Set(failures.map(({ TaskScheduledId }) => TaskScheduledId));
  const woken: string[] = [];
  const neutral = (event: HistoryEvent): HistoryEvent => ({
    EventType: EventType.GenericEvent,
    Data: null,
    EventId: event.EventId,
    IsPlayed: false,
    Timestamp: event.Timestamp,
  });
  const rewound = history.map((event) => {
    if (failures.some((failure) => failure === event) || event.EventType === EventType.ExecutionCompleted)
      return neutral(event);
    if (event.EventType === EventType.TaskScheduled && failed.has(event.EventId)) return neutral(event);
    if (event.EventType === EventType.SubOrchestrationInstanceCreated && failed.has(event.EventId)) {
      const child = store.instance(event.InstanceId);
      if (child?.status === "Failed") woken.push(...rewind(store, child, reason, now));
    }
    return event;
  });
  store.clearHistory(id);
  store.append(id, 0, rewound);
  store.put({ ...instance, status: "Running", output: null, updatedAt: now.getTime() });
  // The children go first: their end is what the parent waits for.
  store.send(id, executionId, historyEvent({ EventType: EventType.GenericEvent, Data: reason }, now));
  return [...woken, id];
}
