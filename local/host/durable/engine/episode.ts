import type { Completion, Scheduled } from "../replay/replayState.ts";
import {
  EventType,
  historyEvent,
  played,
  statusNumbers,
  ticks,
  type BareEvent,
  type HistoryEvent,
} from "../replay/history.ts";
import { createInstance, newInstance, startedEvent } from "./instances.ts";
import type { InstanceState } from "./instances.ts";
import type { Turn } from "../replay/replay.ts";
import type { ActivityWork, Store, TimerWork } from "./store.ts";

/** What the engine has to set going once an episode is committed. */
export interface Outgoing {
  readonly activities: readonly ActivityWork[];
  readonly timers: readonly TimerWork[];
  /** Instances with a new message. */
  readonly woken: readonly string[];
}

/**
 * Writes down what an episode decided: history, status and outgoing messages. To be called inside one transaction.
 * `fresh` are the events the episode took, the opening OrchestratorStarted first (none when a generation starts itself).
 */
export function record(
  store: Store,
  before: InstanceState,
  fresh: readonly HistoryEvent[],
  turn: Turn,
  { now, storeInputs }: { readonly now: Date; readonly storeInputs: boolean },
): Outgoing {
  const { completion } = turn;
  if (completion?.status === "ContinuedAsNew") return continueAsNew(store, before, completion, turn, now);
  const mark = (event: BareEvent): HistoryEvent => historyEvent(event, now);
  const appended = [
    ...fresh,
    ...turn.actions.map((action) => mark(scheduledEvent(action, storeInputs))),
    ...(completion ? [mark(completedEvent(completion))] : []),
  ];
  // A generation that started itself and asked for nothing ends with the mark it began with.
  if (appended.length > 0) appended.push(mark({ EventType: EventType.OrchestratorCompleted }));
  const historyLength = before.historyLength + appended.length;
  store.append(before.id, before.historyLength, appended);
  const after: InstanceState = {
    ...before,
    status: statusAfter(turn),
    output: completion ? completion.result : suspendReason(before, fresh, turn),
    // In its first episode a generation that tells none keeps what the last episode before it told.
    customStatus: turn.customStatus ?? (fresh.length === 0 ? before.customStatus : null),
    updatedAt: now.getTime(),
    historyLength,
    consumed: historyLength,
  };
  store.put(after);
  if (!completion) return dispatch(store, after, turn.actions, now);
  // What the last episode asked for is set going all the same; nobody waits for its timers.
  const last = dispatch(store, after, turn.actions, now);
  const woken = [...last.woken, ...finish(store, after, completion, now)];
  return { ...last, timers: [], woken };
}

function statusAfter({ completion, suspended }: Turn): InstanceState["status"] {
  if (completion && completion.status !== "ContinuedAsNew") return completion.status;
  return suspended ? "Suspended" : "Running";
}

/** While suspended, the output is the reason. */
function suspendReason(before: InstanceState, fresh: readonly HistoryEvent[], turn: Turn): string | null {
  if (!turn.suspended) return null;
  const suspensions = fresh.filter((event) => event.EventType === EventType.ExecutionSuspended);
  return suspensions.at(-1)?.Reason ?? before.output;
}

/** A new generation: the history begins anew, and the next episode needs no message to run. */
function continueAsNew(store: Store, before: InstanceState, { result }: Completion, turn: Turn, now: Date): Outgoing {
  const fresh = newInstance({ ...before, input: result }, now);
  const after: InstanceState = {
    ...fresh,
    status: "Running",
    customStatus: turn.customStatus,
    historyLength: 3 + turn.carryOver.length,
  };
  store.clearHistory(before.id);
  store.dropTimers(before.id);
  store.append(before.id, 0, [
    historyEvent({ EventType: EventType.OrchestratorStarted }, now),
    startedEvent(after, result, now),
    // The generation before has looked at them already.
    ...turn.carryOver.map(played),
    historyEvent({ EventType: EventType.OrchestratorCompleted }, now),
  ]);
  store.put(after);
  store.send(before.id, after.executionId, null);
  return { activities: [], timers: [], woken: [before.id] };
}

/** No timer of an ended instance is left, and its parent is told: answers the instances to wake. */
function finish(store: Store, instance: InstanceState, completion: Completion, now: Date): string[] {
  store.dropTimers(instance.id);
  const { parent } = instance;
  if (!parent) return [];
  const { InstanceId, ExecutionId } = parent.OrchestrationInstance;
  const TaskScheduledId = parent.TaskScheduleId;
  const event: BareEvent =
    completion.status === "Completed"
      ? { EventType: EventType.SubOrchestrationInstanceCompleted, TaskScheduledId, Result: completion.result }
      : {
          EventType: EventType.SubOrchestrationInstanceFailed,
          TaskScheduledId,
          Reason: completion.result ?? "",
          Details: completion.details ?? null,
          FailureDetails: null,
        };
  store.send(InstanceId, ExecutionId, historyEvent(event, now));
  return [InstanceId];
}

function dispatch(store: Store, instance: InstanceState, actions: readonly Scheduled[], now: Date): Outgoing {
  const { id: instanceId, executionId } = instance;
  const outgoing = {
    activities: [] as ActivityWork[],
    timers: [] as TimerWork[],
    woken: [] as string[],
  };
  for (const action of actions) {
    if (action.kind === "activity") {
      const work = { instanceId, executionId, taskId: action.id, name: action.name, input: action.input };
      store.addActivity(work);
      outgoing.activities.push(work);
    } else if (action.kind === "timer") {
      const work = { instanceId, executionId, timerId: action.id, fireAt: action.fireAt.getTime() };
      store.addTimer(work);
      outgoing.timers.push(work);
    } else {
      createChild(store, instance, action, now);
      outgoing.woken.push(action.instanceId);
    }
  }
  return outgoing;
}

/** A child takes the place of a live instance with its id; the status of that one goes on showing its old input. */
function createChild(
  store: Store,
  parent: InstanceState,
  action: Extract<Scheduled, { readonly kind: "child" }>,
  now: Date,
): void {
  const former = store.instance(action.instanceId);
  const child = newInstance(
    {
      id: action.instanceId,
      name: action.name,
      version: action.version,
      input: former ? former.input : action.input,
      parent: {
        Name: parent.name,
        OrchestrationInstance: { InstanceId: parent.id, ExecutionId: parent.executionId },
        TaskScheduleId: action.id,
        Version: parent.version,
      },
    },
    now,
  );
  createInstance(store, child, action.input, now);
}

function scheduledEvent(action: Scheduled, storeInputs: boolean): BareEvent {
  const { id: EventId } = action;
  if (action.kind === "timer") return { EventType: EventType.TimerCreated, FireAt: ticks(action.fireAt), EventId };
  const Input = storeInputs ? action.input : null;
  if (action.kind === "activity") {
    return { EventType: EventType.TaskScheduled, Name: action.name, Version: "", Input, EventId };
  }
  const { name: Name, version: Version, instanceId: InstanceId } = action;
  return { EventType: EventType.SubOrchestrationInstanceCreated, Name, Version, InstanceId, Input, EventId };
}

function completedEvent({ id, status, result }: Completion): BareEvent {
  const OrchestrationStatus = status === "ContinuedAsNew" ? 2 : statusNumbers[status];
  return {
    EventType: EventType.ExecutionCompleted,
    OrchestrationStatus,
    Result: result,
    FailureDetails: null,
    EventId: id,
  };
}
