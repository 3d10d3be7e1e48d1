import type { BareEvent, EventRaised } from "./history.ts";
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
 * The .NET half of one replay: hands out task ids in lockstep with the SDK, keeps what is open, and tells from history
 * which actions are new.
 */
export class ReplayContext {
  /** Timestamp of the latest OrchestratorStarted. */
  now = new Date(0);
  actions = new Map<number, Scheduled>();
  completion: Completion | undefined;
  suspended = false;
  continuation: { readonly input: string | null; readonly carryOver: EventRaised[] } | undefined;
  readonly open = new Map<number, SyncTask>();
  readonly mismatched: string[] = [];
  #nextId = 0;
  #hidden = new Map<number, Scheduled>();
  readonly #waiters = new Map<string, { readonly name: string; readonly task: SyncTask }[]>();
  readonly #buffered = new Map<string, EventRaised[]>();

  /** The id the next action gets. */
  get nextId(): number {
    return this.#nextId;
  }

  /** True while the orchestrator waits for an external event. */
  get waiting(): boolean {
    return [...this.#waiters.values()].some((waiters) => waiters.length > 0);
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
    if (early) this.raise(early);
    return task;
  }

  /** The latest waiter gets the event; without one it is kept. After continueAsNew it goes to the next generation. */
  raise(event: EventRaised): void {
    if (this.continuation) {
      this.continuation.carryOver.push(event);
      return;
    }
    const key = event.Name.toLowerCase();
    const waiter = this.#waiters.get(key)?.pop();
    if (!waiter) {
      this.#buffered.set(key, [...(this.#buffered.get(key) ?? []), event]);
      return;
    }
    if (waiter.name !== event.Name) this.mismatched.push(`"${event.Name}" for "${waiter.name}"`);
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
    if (this.actions.size === 0) return;
    this.#hidden = this.actions;
    this.actions = new Map();
  }

  resume(): void {
    this.suspended = false;
    if (this.#hidden.size === 0) return;
    this.actions = this.#hidden;
    this.#hidden = new Map();
  }

  /** An event of history that was scheduled before must be what the replay schedules again. */
  confirm(event: Extract<BareEvent, { readonly EventType: 4 | 7 | 10 }>, id: number): void {
    const action = this.actions.get(id);
    const [what, kind] = describe(event, id);
    if (!action) {
      throw new NonDeterminism(
        `${what}, but the current replay execution hasn't (yet?) scheduled this task. ${wasChanged}`,
      );
    }
    if (action.kind !== kind) {
      const numbered =
        event.EventType === 4 ? `an activity task with sequence number ${id} named '${event.Name}'` : undefined;
      const scheduled = numbered ? `A previous execution of this orchestration scheduled ${numbered}` : what;
      throw new NonDeterminism(
        `${scheduled}, but the current orchestration replay instead produced a ${classNames[action.kind]} action with this sequence number. ${wasChanged}`,
      );
    }
    if (event.EventType !== 10 && action.kind !== "timer" && action.name.toLowerCase() !== event.Name.toLowerCase()) {
      const noun = action.kind === "activity" ? "an activity task" : "a sub-orchestration task";
      throw new NonDeterminism(
        `A previous execution of this orchestration scheduled ${noun} with sequence number ${id} named '${event.Name}', but the current orchestration replay instead scheduled ${noun} named '${action.name}' with this sequence number.  ${wasChanged}`,
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

function describe(
  event: Extract<BareEvent, { readonly EventType: 4 | 7 | 10 }>,
  id: number,
): [string, Scheduled["kind"]] {
  const start = "A previous execution of this orchestration scheduled";
  if (event.EventType === 10) return [`${start} a timer task with sequence number ${id}`, "timer"];
  const version = `version '${event.Version}'`;
  return event.EventType === 4
    ? [`${start} an activity task with sequence ID ${id} and name '${event.Name}' (${version})`, "activity"]
    : [
        `${start} a sub-orchestration task with sequence ID ${id} and name '${event.Name}' (${version}, instance ID '${event.InstanceId}')`,
        "child",
      ];
}
