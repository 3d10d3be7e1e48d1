import type { OnBoundary } from "../../boundaries.ts";
import type { Clock } from "../../clock.ts";
import { WorkerLost } from "../../appProcess.ts";
import { messageOf } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { EventType, historyEvent, ticks, type BareEvent } from "../replay/history.ts";
import type { ActivityWork, Store, TimerWork } from "./store.ts";

export interface WorkOptions {
  readonly maxConcurrentActivities: number;
  /** How much later than due a durable timer fires. */
  readonly timerLatenessInMs: number;
  /** The event an activity ends with; rejects when it is not known what happened, and is asked again then. */
  readonly perform: (work: ActivityWork) => Promise<BareEvent>;
  /** Resolves when the app can be asked again. */
  readonly ready: () => Promise<void>;
  /** Called after a message to the instance was committed. */
  readonly wake: (id: string) => void;
  /** Under it an activity that goes on ending its process fails. */
  readonly strict: boolean;
  readonly onBoundary?: OnBoundary;
}

/** Activities in progress and timers set. Work leaves the store only together with its result: at least once. */
export class Work {
  readonly #timers = new Set<() => void>();
  readonly #queue: ActivityWork[] = [];
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: WorkOptions;
  /** How many activities of an instance have not ended yet, and who waits for the last of them. */
  readonly #open = new Map<string, { count: number; readonly waiting: Set<() => void> }>();
  /** How often the app's process ended while an activity ran in it. */
  readonly #losses = new Map<string, number>();
  #performing = 0;
  #stopped = false;

  constructor(store: Store, clock: Clock, log: Log, options: WorkOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#options = options;
  }

  add(activities: readonly ActivityWork[], timers: readonly TimerWork[]): void {
    for (const activity of activities) {
      this.#queue.push(activity);
      const open = this.#open.get(activity.instanceId) ?? { count: 0, waiting: new Set() };
      open.count += 1;
      this.#open.set(activity.instanceId, open);
    }
    this.#pump();
    for (const timer of timers) this.#arm(timer);
  }

  /** Resolves when no activity of the instance is left, or when the time is over: at once where there is none. */
  async rest(instanceId: string, ms: number): Promise<void> {
    const open = this.#open.get(instanceId);
    if (!open || this.#stopped) return;
    await new Promise<void>((resolve) => {
      const over = (): void => {
        clearTimeout(timer);
        open.waiting.delete(over);
        resolve();
      };
      const timer = setTimeout(over, ms);
      open.waiting.add(over);
    });
  }

  /** Whether an activity runs or is about to. */
  get busy(): boolean {
    return this.#performing > 0 || this.#queue.length > 0;
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers) cancel();
    for (const { waiting } of this.#open.values()) for (const over of [...waiting]) over();
  }

  #ended(instanceId: string): void {
    const open = this.#open.get(instanceId);
    if (!open) return;
    open.count -= 1;
    if (open.count > 0) return;
    this.#open.delete(instanceId);
    for (const over of [...open.waiting]) over();
  }

  #pump(): void {
    while (!this.#stopped && this.#performing < this.#options.maxConcurrentActivities) {
      const next = this.#queue.shift();
      if (!next) return;
      this.#performing += 1;
      void this.#perform(next).finally(() => {
        this.#performing -= 1;
        this.#pump();
      });
    }
  }

  async #perform(activity: ActivityWork): Promise<void> {
    const { instanceId, name } = activity;
    try {
      this.#options.onBoundary?.("before activity");
      const event = await this.#options.perform(activity);
      this.#options.onBoundary?.("after activity");
      if (this.#stopped) return;
      this.#end(activity, event);
    } catch (error) {
      if (this.#stopped) return;
      const refused = error instanceof WorkerLost ? this.#lost(activity, error) : undefined;
      if (refused) return void this.#end(activity, refused);
      this.#log.warn(`activity "${name}" of instance "${instanceId}" is run again: ${messageOf(error)}`);
      await pause(this.#options.ready);
      this.#queue.push(activity);
    }
  }

  #end(activity: ActivityWork, event: BareEvent): void {
    const { instanceId, executionId } = activity;
    this.#losses.delete(nameOf(activity));
    this.#deliver(instanceId, executionId, event, () => this.#store.removeActivity(activity));
    this.#ended(instanceId);
  }

  /** An activity that ends its process each time is run for ever: that is told, and under strict it fails with it. */
  #lost(activity: ActivityWork, { message }: WorkerLost): BareEvent | undefined {
    const times = (this.#losses.get(nameOf(activity)) ?? 0) + 1;
    this.#losses.set(nameOf(activity), times);
    const { instanceId, taskId: TaskScheduledId, name } = activity;
    const cause = `activity "${name}" ran ${times} times while the app's process ended under it (${message})`;
    if (times === lossesTold)
      this.#log.warn(`instance "${instanceId}": ${cause}, and is run again each time; end no process in an activity`);
    if (!this.#options.strict || times < lossesUnderStrict) return undefined;
    this.#log.error(`instance "${instanceId}": ${cause}`);
    const Reason = `Activity function '${name}' failed: ${cause}`;
    return { EventType: EventType.TaskFailed, TaskScheduledId, Reason, Details: cause, FailureDetails: null };
  }

  #arm(timer: TimerWork): void {
    const { instanceId, executionId, timerId: TimerId, fireAt } = timer;
    const cancel = this.#clock.at(new Date(fireAt + this.#options.timerLatenessInMs), () => {
      this.#timers.delete(cancel);
      this.#options.onBoundary?.("before timer");
      const event: BareEvent = { EventType: EventType.TimerFired, TimerId, FireAt: ticks(new Date(fireAt)) };
      this.#deliver(instanceId, executionId, event, () => this.#store.removeTimer(timer));
    });
    this.#timers.add(cancel);
  }

  /** Puts the event in the inbox in the transaction that removes its cause; a cause that is gone was answered before. */
  #deliver(id: string, executionId: string, event: BareEvent, remove: () => boolean): void {
    const delivered = this.#store.transaction(() => {
      if (!remove()) return false;
      this.#store.send(id, executionId, historyEvent(event, this.#clock.now()));
      return true;
    });
    if (delivered) this.#options.wake(id);
  }
}

/** Another activity may have ended the process that this one ran in: once or twice says nothing. */
const lossesTold = 3;
const lossesUnderStrict = 5;

function nameOf({ instanceId, executionId, taskId }: ActivityWork): string {
  return `${instanceId} ${executionId} ${taskId}`;
}

const retryInMs = 200;

/** Before something is tried again: long enough not to burn a core, and until the app is there. */
export async function pause(ready: () => Promise<void>): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, retryInMs));
  await ready();
}
