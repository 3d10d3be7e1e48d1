import { ActionType, type Action } from "./actions.ts";
import { NonDeterminism, ReplayContext, type Completion, type Scheduled } from "./context.ts";
import { EventType, type EventRaised, type HistoryEvent } from "./history.ts";
import { OrchestratorFailure, Shim, type Answer, type Surroundings } from "./shim.ts";
import type { SyncTask } from "./syncTask.ts";

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
  const { context, shim, settled } = new Replay(answer, around).over(history);
  const over = context.completion !== undefined || context.suspended || settled;
  const idle = !over && context.open.size === 0 && !context.waiting && !awaitsEvent(answer, history);
  return {
    actions: [...context.actions.values()].sort((a, b) => a.id - b.id),
    completion: context.completion,
    carryOver: context.continuation?.carryOver ?? [],
    customStatus: shim.customStatus,
    suspended: context.suspended,
    stuck: idle ? (shim.refused[0] ?? reasonOf(answer)) : undefined,
    mismatched: context.mismatched,
  };
}

class Replay {
  readonly context = new ReplayContext();
  readonly shim: Shim;
  readonly #answer: Answer;
  readonly #orchestrator: string;
  /** What came while suspended. */
  readonly #held: HistoryEvent[] = [];
  #outcome: SyncTask<string | null>["outcome"];

  constructor(answer: Answer, around: Surroundings) {
    this.#answer = answer;
    this.#orchestrator = around.orchestrator;
    this.shim = new Shim(this.context, around);
  }

  /** The orchestration has returned or thrown, though open tasks may hold back its end. */
  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  over(history: readonly HistoryEvent[]): this {
    try {
      for (const event of history) this.#take(event);
      if (this.#outcome && this.context.open.size === 0) this.#finish(this.#outcome);
    } catch (error) {
      if (!(error instanceof NonDeterminism)) throw error;
      this.#fail(`Non-Deterministic workflow detected: ${error.message}`, null);
    }
    return this;
  }

  #finish(outcome: NonNullable<SyncTask<string | null>["outcome"]>): void {
    if (outcome.ok) {
      this.context.complete({ status: "Completed", result: outcome.value });
      return;
    }
    const { error } = outcome;
    const message = error instanceof Error ? error.message : String(error);
    const details = error instanceof OrchestratorFailure ? error.details : `Message: ${message}, StackTrace: `;
    this.#fail(`Orchestrator function '${this.#orchestrator}' failed: ${message}`, details);
  }

  #fail(result: string, details: string | null): void {
    this.context.complete({ status: "Failed", result, details });
  }

  #take(event: HistoryEvent): void {
    const { ExecutionResumed, ExecutionTerminated } = EventType;
    const passes = event.EventType === ExecutionResumed || event.EventType === ExecutionTerminated;
    if (this.context.suspended && !passes) this.#held.push(event);
    else this.#handle(event);
  }

  #handle(event: HistoryEvent): void {
    const { context } = this;
    switch (event.EventType) {
      case EventType.OrchestratorStarted:
        context.now = new Date(event.Timestamp);
        break;
      case EventType.ExecutionStarted:
        this.shim.run(this.#answer).then((outcome) => {
          this.#outcome = outcome;
        });
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
      default:
        this.#control(event);
    }
  }

  /** What a person may ask of a running instance. */
  #control(event: HistoryEvent): void {
    if (event.EventType === EventType.ExecutionTerminated) {
      this.context.complete({ status: "Terminated", result: event.Input, details: null });
    } else if (event.EventType === EventType.ExecutionSuspended) {
      this.context.suspend();
    } else if (event.EventType === EventType.ExecutionResumed) {
      this.context.resume();
      for (const late of this.#held.splice(0)) this.#take(late);
    }
  }
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
