import { EventType, historyEvent, type HistoryEvent } from "../replay/history.ts";
import type { InstanceState } from "./instances.ts";
import type { Store } from "./store.ts";

/**
 * Makes a failed instance run again from what failed: failed activities, and the end, become events without meaning; failed
 * children are rewound themselves. Answers the instances to wake.
 */
export function rewind(store: Store, instance: InstanceState, reason: string | null, now: Date): string[] {
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
