import { ActionType, type Action } from "./actions.ts";
import { NonDeterminism, ReplayContext, type Completion, type Scheduled } from "./context.ts";
import { EventType, type EventRaised, type HistoryEvent } from "./history.ts";
import { createShim, OrchestratorFailure, type Answer, type Surroundings } from "./shim.ts";

export interface Turn {
  /** New actions, by id. */
  readonly actions: readonly Scheduled[];
  readonly completion: Completion | undefined;
  /** Events that go to the next generation. */
  readonly carryOver: readonly EventRaised[];
  /** JSON text. */
  readonly customStatus: string | null;
  readonly suspended: boolean;
  /** Why nothing can ever move this instance again; undefined when something can. */
  readonly stuck: string | undefined;
  /** Events taken by a waiter of another spelling. */
  readonly mismatched: readonly string[];
}

/** Replays the whole history against the worker's answer and tells what is new: the .NET half of an episode. */
export function replay(history: readonly HistoryEvent[], answer: Answer, around: Surroundings): Turn {
  const context = new ReplayContext();
  const shim = createShim(context, around);
  const held: HistoryEvent[] = [];
  let settled = false;
  const fail = (message: string, details: string | null = null): void => {
    context.complete({ status: "Failed", result: message, details });
  };

  const take = (event: HistoryEvent): void => {
    const { ExecutionResumed, ExecutionTerminated } = EventType;
    if (context.suspended && event.EventType !== ExecutionResumed && event.EventType !== ExecutionTerminated)
      held.push(event);
    else handle(event);
  };
  const start = (): void => {
    shim.run(answer).then((outcome) => {
      settled = true;
      finish = () => {
        if (outcome.ok) context.complete({ status: "Completed", result: outcome.value });
        else failWith(outcome.error);
      };
    });
  };
  let finish = (): void => undefined;
  const failWith = (error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    const details = error instanceof OrchestratorFailure ? error.details : `Message: ${message}, StackTrace: `;
    fail(`Orchestrator function '${around.orchestrator}' failed: ${message}`, details);
  };
  const handle = (event: HistoryEvent): void => {
    switch (event.EventType) {
      case EventType.OrchestratorStarted:
        context.now = new Date(event.Timestamp);
        break;
      case EventType.ExecutionStarted:
        start();
        break;
      case EventType.TaskScheduled:
      case EventType.SubOrchestrationInstanceCreated:
      case EventType.TimerCreated:
        context.confirm(event, event.EventId);
        break;
      case EventType.TaskCompleted:
      case EventType.SubOrchestrationInstanceCompleted:
        context.settle(event.TaskScheduledId, { ok: true, value: event.Result });
        break;
      case EventType.TaskFailed:
      case EventType.SubOrchestrationInstanceFailed:
        context.settle(event.TaskScheduledId, { ok: false, error: new Error(event.Reason) });
        break;
      case EventType.TimerFired:
        context.settle(event.TimerId, { ok: true, value: undefined });
        break;
      case EventType.EventRaised:
        context.raise(event);
        break;
      case EventType.ExecutionTerminated:
        context.complete({ status: "Terminated", result: event.Input, details: null });
        break;
      case EventType.ExecutionSuspended:
        context.suspend();
        break;
      case EventType.ExecutionResumed:
        context.resume();
        for (const late of held.splice(0)) take(late);
        break;
      default:
    }
  };

  try {
    history.forEach(take);
    if (context.open.size === 0) finish();
  } catch (error) {
    if (!(error instanceof NonDeterminism)) throw error;
    fail(`Non-Deterministic workflow detected: ${error.message}`);
  }
  const over = context.completion !== undefined || context.suspended || settled;
  const idle = !over && context.open.size === 0 && !context.waiting && !awaitsEvent(answer, history);
  return {
    actions: [...context.actions.values()].sort((a, b) => a.id - b.id),
    completion: context.completion,
    carryOver: context.continuation?.carryOver ?? [],
    customStatus: shim.customStatus(),
    suspended: context.suspended,
    stuck: idle ? (shim.refused[0] ?? reasonOf(answer)) : undefined,
    mismatched: context.mismatched,
  };
}

/** Whether the code itself still waits for an event, whose name it compares with case: a later one can move it. */
function awaitsEvent(answer: Answer, history: readonly HistoryEvent[]): boolean {
  if (!("state" in answer)) return false;
  const missing = new Map<string, number>();
  const count = (name: string, by: number): void => {
    missing.set(name, (missing.get(name) ?? 0) + by);
  };
  const visit = (action: Action): void => {
    if (action.actionType === ActionType.WaitForExternalEvent) count(action.externalEventName, 1);
    else if ("compoundActions" in action) action.compoundActions.forEach(visit);
  };
  answer.state.actions.flat().forEach(visit);
  for (const event of history) if (event.EventType === EventType.EventRaised) count(event.Name, -1);
  return [...missing.values()].some((left) => left > 0);
}

function reasonOf(answer: Answer): string {
  return "state" in answer && answer.thrown
    ? "it threw something that is not an Error, which the SDK reports as neither done nor failed"
    : "it waits for something that is neither scheduled nor an event, such as a retry that ran out of its retryTimeoutInMilliseconds";
}
