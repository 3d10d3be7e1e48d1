/** History events as the Durable extension hands them to the worker; names and numbers are DurableTask.Core's. */
export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventRaised: 15,
  GenericEvent: 17,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

export const eventNames = Object.fromEntries(Object.entries(EventType).map(([name, number]) => [number, name]));

export type RuntimeStatus = "Running" | "Completed" | "Failed" | "Terminated" | "Pending" | "Suspended";
export const statusNumbers = { Running: 0, Completed: 1, Failed: 3, Terminated: 5, Pending: 6, Suspended: 7 } as const;
export const statusNames = Object.fromEntries(Object.entries(statusNumbers).map(([name, number]) => [number, name]));

export function isFinished(status: RuntimeStatus): boolean {
  return status === "Completed" || status === "Failed" || status === "Terminated";
}

export interface Instance {
  readonly InstanceId: string;
  readonly ExecutionId: string;
}

/** Who waits for a sub-orchestration, and under which task id. */
export interface Parent {
  readonly Name: string;
  readonly OrchestrationInstance: Instance;
  readonly TaskScheduleId: number;
  readonly Version: string;
}

interface Common {
  readonly EventId: number;
  readonly IsPlayed: boolean;
  /** ISO 8601 with seven digits. */
  readonly Timestamp: string;
}

type Of<Type extends EventType, Fields = object> = Common & { readonly EventType: Type } & Fields;
type Failure = { readonly TaskScheduledId: number; readonly Reason: string; readonly Details: string | null };

export type ExecutionStarted = Of<
  0,
  {
    readonly OrchestrationInstance: Instance;
    readonly ParentInstance: Parent | null;
    readonly Name: string;
    readonly Version: string;
    readonly Input: string | null;
    readonly Tags: null;
    readonly ScheduledStartTime: null;
  }
>;
export type EventRaised = Of<15, { readonly Name: string; readonly Input: string }>;

/** `Input` and `Result` are JSON text. */
export type HistoryEvent =
  | ExecutionStarted
  | Of<1, { readonly OrchestrationStatus: number; readonly Result: string | null; readonly FailureDetails: null }>
  | Of<3, { readonly Input: string | null }>
  | Of<4, { readonly Name: string; readonly Version: string; readonly Input: string | null }>
  | Of<5, { readonly TaskScheduledId: number; readonly Result: string | null }>
  | Of<6, Failure & { readonly FailureDetails: null }>
  | Of<
      7,
      { readonly Name: string; readonly Version: string; readonly InstanceId: string; readonly Input: string | null }
    >
  | Of<8, { readonly TaskScheduledId: number; readonly Result: string | null }>
  | Of<9, Failure & { readonly FailureDetails: null }>
  | Of<10, { readonly FireAt: string }>
  | Of<11, { readonly TimerId: number; readonly FireAt: string }>
  | Of<12>
  | Of<13>
  | EventRaised
  | Of<17, { readonly Data: string | null }>
  | Of<19, { readonly Reason: string | null }>
  | Of<20, { readonly Reason: string | null }>;

/** Without what is added when an event is written down. */
type Bare<Event> = Event extends HistoryEvent ? Omit<Event, keyof Common> & { readonly EventId?: number } : never;
export type BareEvent = Bare<HistoryEvent>;

export function historyEvent(event: BareEvent, now: Date): HistoryEvent {
  return { EventId: -1, ...event, IsPlayed: false, Timestamp: ticks(now) };
}

/** .NET's round-trip form: seven digits of a second. */
export function ticks(date: Date): string {
  return date.toISOString().replace("Z", "0000Z");
}

/** Events that come as messages: not played in the episode that takes them, played ever after. */
const messages = new Set<number>([0, 3, 5, 6, 8, 9, 11, 15, 17, 19, 20]);
type Marked = Pick<HistoryEvent, "EventType" | "IsPlayed">;
const playedOf = new WeakMap<Marked, Marked>();
/** One event has one played form: the same object each time. */
export function played<Event extends Marked>(event: Event): Event {
  if (event.IsPlayed || !messages.has(event.EventType)) return event;
  const known = playedOf.get(event);
  if (known) return known as Event;
  const marked = { ...event, IsPlayed: true };
  playedOf.set(event, marked);
  return marked;
}
