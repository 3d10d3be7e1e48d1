import { EventType, statusNames, type HistoryEvent } from "../durable/replay/history.ts";

/** Something an instance did or waited for; times are milliseconds since 1970. */
export interface Span {
  readonly kind: "instance" | "activity" | "child" | "timer" | "event" | "control";
  readonly name: string;
  readonly from: number;
  /** Undefined while it goes on; the same as `from` for what has no duration. */
  readonly to: number | undefined;
  readonly outcome: string;
  /** Result, reason or input, as the history has it. */
  readonly detail: string;
  /** Id of the sub-orchestration. */
  readonly child?: string;
}

/** The history as spans, in the order in which they began: what was scheduled, joined with what it ended with. */
export function timeline(history: readonly HistoryEvent[]): readonly Span[] {
  const ends = new Map<number, HistoryEvent>();
  for (const event of history) {
    if ("TaskScheduledId" in event) ends.set(event.TaskScheduledId, event);
    else if (event.EventType === EventType.TimerFired) ends.set(event.TimerId, event);
  }
  return history.flatMap((event) => spanOf(event, ends.get(event.EventId)));
}

function spanOf(event: HistoryEvent, end: HistoryEvent | undefined): Span[] {
  const from = Date.parse(event.Timestamp);
  const open = { from, to: end && Date.parse(end.Timestamp), ...outcomeOf(end) };
  const point = { from, to: from, outcome: "" };
  switch (event.EventType) {
    case EventType.ExecutionStarted:
      return [{ kind: "instance", name: event.Name, ...point, outcome: "started", detail: event.Input ?? "" }];
    case EventType.ExecutionCompleted: {
      const outcome = statusNames[event.OrchestrationStatus] ?? "ended";
      return [{ kind: "instance", name: "end", ...point, outcome, detail: event.Result ?? "" }];
    }
    case EventType.TaskScheduled:
      return [{ kind: "activity", name: event.Name, ...open }];
    case EventType.SubOrchestrationInstanceCreated:
      return [{ kind: "child", name: event.Name, ...open, child: event.InstanceId }];
    case EventType.TimerCreated:
      return [{ kind: "timer", name: "timer", ...open, detail: `until ${event.FireAt}` }];
    case EventType.EventRaised:
      return [{ kind: "event", name: event.Name, ...point, outcome: "raised", detail: event.Input }];
    case EventType.ExecutionTerminated:
      return [{ kind: "control", name: "terminated", ...point, detail: event.Input ?? "" }];
    case EventType.ExecutionSuspended:
      return [{ kind: "control", name: "suspended", ...point, detail: event.Reason ?? "" }];
    case EventType.ExecutionResumed:
      return [{ kind: "control", name: "resumed", ...point, detail: event.Reason ?? "" }];
    default:
      return [];
  }
}

function outcomeOf(end: HistoryEvent | undefined): { readonly outcome: string; readonly detail: string } {
  if (!end) return { outcome: "open", detail: "" };
  if ("Reason" in end) return { outcome: "failed", detail: end.Reason ?? "" };
  if ("Result" in end) return { outcome: "completed", detail: end.Result ?? "" };
  return { outcome: "fired", detail: "" };
}

/** `12 ms`, `3.4 s`, `2 min 5 s`, `3 h 4 min`, `5 d 2 h`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.floor(seconds);
  const [minutes, hours, days] = [Math.floor(whole / 60), Math.floor(whole / 3600), Math.floor(whole / 86_400)];
  if (hours < 1) return `${minutes} min ${whole % 60} s`;
  return days < 1 ? `${hours} h ${minutes % 60} min` : `${days} d ${hours % 24} h`;
}
