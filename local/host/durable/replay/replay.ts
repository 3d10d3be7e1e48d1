import type { Action } from "./actions.ts";
import { NonDeterminism, ReplayState, type Completion, type Scheduled } from "./replayState.ts";
import { awaitsEvent, hazards, type Hazard } from "./hazards.ts";
import { EventType, type EventRaised, type HistoryEvent } from "./history.ts";
import { OrchestratorFailure, ActionRunner, type Surroundings } from "./actionRunner.ts";
import type { Answer } from "./actions.ts";
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
  /** What goes wrong in silence, as far as a replay shows it. */
  readonly hazards: readonly Hazard[];
  /** Why nothing can ever move this instance again; undefined when something can. */
  readonly stuck: string | undefined;
}

/** Replays the whole history against the worker's answer and tells what is new: the extension's half of an episode. */
export function replay(history: readonly HistoryEvent[], answer: Answer, around: Surroundings): Turn {
  const replayed = new Replay(answer, around).over(history);
  const { context, runner } = replayed;
  const all = "state" in answer ? [...context.hazards, ...runner.hazards, ...found(replayed, answer, history)] : [];
  return {
    actions: [...context.actions.values()].sort((a, b) => a.id - b.id),
    completion: context.completion,
    carryOver: context.continuation?.carryOver ?? [],
    customStatus: runner.customStatus,
    suspended: context.suspended,
    hazards: all,
    stuck: all.find(({ stuck }) => stuck)?.cause,
  };
}

/** What can be seen from how far both halves have come. */
function found(
  { context, runner, settled }: Replay,
  { state, thrown, shared = [] }: Extract<Answer, { readonly state: object }>,
  history: readonly HistoryEvent[],
): Hazard[] {
  const [actions = []] = state.actions;
  const all = [...shared.map(hazards.sharedTask), ...handedOn(context, history)];
  const retried = runner.failedFast().flatMap(retriedNames);
  if (retried.length > 0 && runner.pending?.passed) all.push(hazards.failedFast(retried));
  if (thrown && !state.isDone && !state.error) all.push(hazards.notAnError());
  const over = context.completion !== undefined || context.suspended || settled;
  if (over || context.open.size > 0) return all;
  const named = [...all, ...runner.hazards].some(({ stuck }) => stuck);
  if (state.isDone || state.error) all.push(hazards.waitsAfterItsEnd(context.awaited));
  else if (!named && !awaitsEvent(actions, history)) all.push(hazards.nothingLeft());
  return all;
}

/** A generation that started itself, and in that turn hands on all the events it was handed, does so for ever. */
function handedOn({ completion, continuation }: ReplayState, history: readonly HistoryEvent[]): Hazard[] {
  const { carryOver = [] } = continuation ?? {};
  if (completion?.status !== "ContinuedAsNew" || carryOver.length === 0) return [];
  const turns = history.filter(({ EventType: type }) => type === EventType.OrchestratorStarted).length;
  const raised = history.filter((event) => event.EventType === EventType.EventRaised);
  const isSame = raised.length === carryOver.length && raised.every(({ IsPlayed }) => IsPlayed);
  return turns === 1 && isSame ? [hazards.handedOn([...new Set(carryOver.map(({ Name }) => Name))])] : [];
}

function retriedNames(action: Action): string[] {
  if ("retryOptions" in action) return [action.functionName];
  return "compoundActions" in action ? action.compoundActions.flatMap(retriedNames) : [];
}

class Replay {
  readonly context = new ReplayState();
  readonly runner: ActionRunner;
  readonly #answer: Answer;
  readonly #orchestrator: string;
  /** What came while suspended. */
  readonly #held: HistoryEvent[] = [];
  #outcome: SyncTask<string | null>["outcome"];

  constructor(answer: Answer, around: Surroundings) {
    this.#answer = answer;
    this.#orchestrator = around.orchestrator;
    this.runner = new ActionRunner(this.context, around);
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
      if (this.runner.canceledLong) this.runner.hazards.push(hazards.longTimerCanceled());
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
    const { ExecutionResumed, ExecutionSuspended, ExecutionTerminated, OrchestratorStarted } = EventType;
    const passes: readonly EventType[] = [ExecutionResumed, ExecutionTerminated, OrchestratorStarted];
    if (!this.context.suspended || passes.includes(event.EventType)) this.#handle(event);
    else if (event.EventType !== ExecutionSuspended) this.#held.push(event);
  }

  #handle(event: HistoryEvent): void {
    const { context } = this;
    switch (event.EventType) {
      case EventType.OrchestratorStarted:
        context.now = new Date(event.Timestamp);
        break;
      case EventType.ExecutionStarted:
        this.runner.run(this.#answer).then((outcome) => {
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
