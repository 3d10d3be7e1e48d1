import { hazards, type Hazard } from "./hazards.ts";
import { EventType, type BareEvent, type EventRaised } from "./history.ts";
import { SyncTask } from "./syncTask.ts";

/** What an episode newly asks of the world. `input` is JSON text. */
export type Scheduled =
  | { readonly kind: "activity"; readonly id: number; readonly name: string; readonly input: string | null }
  | {
      readonly kind: "child";
      readonly id: number;
      readonly name: string;
      readonly version: string;
      readonly instanceId: string;
      readonly input: string | null;
    }
  | { readonly kind: "timer"; readonly id: number; readonly fireAt: Date };

export interface Completion {
  readonly id: number;
  readonly status: "Completed" | "Failed" | "Terminated" | "ContinuedAsNew";
  /** JSON text, or plain text of a failure or a reason. */
  readonly result: string | null;
  /** What a parent sees in `Details` when this failed. */
  readonly details?: string | null;
}

/** Without its id: `Omit` over each member. */
type Unnumbered = Scheduled extends infer Kind ? (Kind extends Scheduled ? Omit<Kind, "id"> : never) : never;

export class NonDeterminism extends Error {}
const wasChanged = "Was a change made to the orchestrator code after this instance had already started running?";

/**
 * The extension's half of one replay: hands out task ids in lockstep with the SDK, keeps what is open, and tells from history
 * which actions are new.
 */
export class ReplayState {
  /** Timestamp of the latest OrchestratorStarted. */
  now = new Date(0);
  actions = new Map<number, Scheduled>();
  completion: Completion | undefined;
  suspended = false;
  continuation: { readonly input: string | null; readonly carryOver: EventRaised[] } | undefined;
  readonly open = new Map<number, SyncTask>();
  /** Events that were taken and never seen. */
  readonly hazards: Hazard[] = [];
  #nextId = 0;
  readonly #hidden = new Map<number, Scheduled>();
  readonly #waiters = new Map<string, { readonly name: string; readonly task: SyncTask }[]>();
  readonly #buffered = new Map<string, EventRaised[]>();

  /** The id the next action gets. */
  get nextId(): number {
    return this.#nextId;
  }

  /** Names of the events that are waited for. */
  get awaited(): readonly string[] {
    return [...this.#waiters.values()].flatMap((waiters) => waiters.map(({ name }) => name));
  }

  schedule(action: Unnumbered): SyncTask {
    const id = this.#nextId++;
    this.actions.set(id, { ...action, id });
    const task = new SyncTask();
    this.open.set(id, task);
    return task;
  }

  /** A cancelled timer is created all the same, but nobody waits for it. */
  cancelTimer(task: SyncTask): void {
    for (const [id, open] of this.open) if (open === task) this.open.delete(id);
    task.reject(new Error("A task was canceled."));
  }

  waitFor(name: string): SyncTask {
    const key = name.toLowerCase();
    const task = new SyncTask();
    const waiters = this.#waiters.get(key) ?? [];
    waiters.push({ name, task });
    this.#waiters.set(key, waiters);
    const early = this.#buffered.get(key)?.shift();
    if (early) this.#give(early);
    return task;
  }

  /** The latest waiter gets the event; without one it is kept. After continueAsNew it goes to the next generation. */
  raise(event: EventRaised): void {
    if (this.continuation) {
      this.continuation.carryOver.push(event);
      return;
    }
    this.#give(event);
  }

  #give(event: EventRaised): void {
    const key = event.Name.toLowerCase();
    const waiter = this.#waiters.get(key)?.pop();
    if (!waiter) {
      this.#buffered.set(key, [...(this.#buffered.get(key) ?? []), event]);
      return;
    }
    if (waiter.name !== event.Name) this.hazards.push(hazards.otherCase(event.Name, waiter.name));
    waiter.task.resolve(event.Input);
  }

  settle(
    id: number,
    outcome: { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: Error },
  ): void {
    this.open.get(id)?.settle(outcome);
    this.open.delete(id);
  }

  complete(completion: Omit<Completion, "id">): void {
    if (this.completion) return;
    const id = this.#nextId++;
    this.completion =
      this.continuation && completion.status === "Completed"
        ? { id, status: "ContinuedAsNew", result: this.continuation.input }
        : { id, ...completion };
  }

  suspend(): void {
    this.suspended = true;
    for (const [id, action] of this.actions) this.#hidden.set(id, action);
    this.actions = new Map();
  }

  resume(): void {
    this.suspended = false;
    for (const [id, action] of this.#hidden) this.actions.set(id, action);
    this.#hidden.clear();
  }

  /** An event of history that was scheduled before must be what the replay schedules again. */
  confirm(event: Extract<BareEvent, { readonly EventType: 4 | 7 | 10 }>, id: number): void {
    const action = this.actions.get(id);
    const { kind, long, short, at } = recorded(event, id);
    if (!action) {
      const said = kind === "timer" ? short : `${long},`;
      throw new NonDeterminism(
        `${start} ${said} but the current replay execution hasn't (yet?) scheduled this task. ${wasChanged}`,
      );
    }
    const now = "but the current orchestration replay instead";
    if (action.kind !== kind) {
      const said = {
        activity: `${short} named '${"Name" in event ? event.Name : ""}',`,
        child: `${long},`,
        timer: `${short} named`,
      }[kind];
      throw new NonDeterminism(
        `${start} ${said} ${now} produced a ${classNames[action.kind]} action ${at} this sequence number. ${wasChanged}`,
      );
    }
    if (
      event.EventType !== EventType.TimerCreated &&
      action.kind !== "timer" &&
      action.name.toLowerCase() !== event.Name.toLowerCase()
    ) {
      throw new NonDeterminism(
        kind === "activity"
          ? `${start} ${short} named '${event.Name}', ${now} scheduled an activity task named '${action.name}' with this sequence number.  ${wasChanged}`
          : `${start} ${long}, ${now} scheduled a sub-orchestration task with name ${action.name} at this sequence number. ${wasChanged}`,
      );
    }
    this.actions.delete(id);
  }
}

const classNames = {
  activity: "ScheduleTaskOrchestratorAction",
  child: "CreateSubOrchestrationAction",
  timer: "CreateTimerOrchestratorAction",
} as const;

const start = "A previous execution of this orchestration scheduled";

/** What history says was scheduled, in the two wordings the extension has for it. */
function recorded(
  event: Extract<BareEvent, { readonly EventType: 4 | 7 | 10 }>,
  id: number,
): { readonly kind: Scheduled["kind"]; readonly long: string; readonly short: string; readonly at: "with" | "at" } {
  if (event.EventType === EventType.TimerCreated)
    return { kind: "timer", long: "", short: `a timer task with sequence number ${id}`, at: "with" };
  const named = `with sequence ID ${id} and name '${event.Name}' (version '${event.Version}'`;
  return event.EventType === EventType.TaskScheduled
    ? {
        kind: "activity",
        long: `an activity task ${named})`,
        short: `an activity task with sequence number ${id}`,
        at: "with",
      }
    : {
        kind: "child",
        long: `a sub-orchestration task ${named}, instance ID '${event.InstanceId}')`,
        short: "",
        at: "at",
      };
}
