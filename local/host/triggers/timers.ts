import type { Clock } from "../clock.ts";
import { HostError } from "../errors.ts";
import { withSettings } from "../settings/anyCase.ts";
import type { Log } from "../log.ts";
import {
  triggerOf,
  type Binding,
  type FunctionMetadata,
  type RetryOptions,
  type TypedData,
} from "../worker/messages.ts";
import { retryPolicy, withRetry } from "./retry.ts";
import type { Runner } from "./runner.ts";
import { parseSchedule, type Schedule } from "./schedule.ts";
import type { TimerStatus, TimerStatuses } from "./statusFile.ts";
import { isoText, type Zone } from "./zone.ts";

export interface TimerParts {
  readonly clock: Clock;
  readonly runner: Runner;
  readonly statuses: TimerStatuses;
  readonly zone: Zone;
  readonly log: Log;
  /** For `%SETTING%`. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  /** Of host.json, for functions without a policy of their own. */
  readonly retry: RetryOptions | undefined;
}

export interface Timers {
  /** Throws a HostError for a schedule that cannot be read. */
  readonly check: (functions: readonly FunctionMetadata[]) => void;
  /** Sets the timers of these functions in place of those before; what has not changed goes on. */
  readonly start: (functions: readonly FunctionMetadata[]) => void;
  readonly stop: () => void;
  /** What a timer function gets when it is run by hand. */
  readonly input: (metadata: FunctionMetadata) => TypedData;
}

export function createTimers(parts: TimerParts): Timers {
  let timers: readonly Timer[] = [];
  const stop = (): void => {
    for (const timer of timers) timer.stop();
    timers = [];
  };
  return {
    check(functions) {
      timersOf(parts, functions);
    },
    start(functions) {
      const before = new Map(timers.map((timer) => [timer.identity, timer]));
      const wanted = timersOf(parts, functions).map((timer) => before.get(timer.identity) ?? timer);
      for (const timer of timers) if (!wanted.includes(timer)) timer.stop();
      for (const timer of wanted) if (!timers.includes(timer)) timer.start();
      timers = wanted;
    },
    stop,
    input: (metadata) => {
      const [timer] = timersOf(parts, [metadata]);
      const known = timers.find(({ identity }) => identity === timer?.identity) ?? timer;
      return known?.input(false) ?? {};
    },
  };
}

function timersOf(parts: TimerParts, functions: readonly FunctionMetadata[]): readonly Timer[] {
  return functions.flatMap((metadata) => {
    const binding = triggerOf(metadata);
    return binding?.type === "timerTrigger" ? [new Timer(parts, metadata, binding)] : [];
  });
}

/** One timer function: runs never overlap, the next is set when one has ended. */
class Timer {
  /** The same for a function that has not changed. */
  readonly identity: string;
  readonly #parts: TimerParts;
  readonly #metadata: FunctionMetadata;
  readonly #binding: Binding;
  readonly #schedule: Schedule;
  readonly #monitored: boolean;
  #status: TimerStatus = {};
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(parts: TimerParts, metadata: FunctionMetadata, binding: Binding) {
    this.identity = JSON.stringify(metadata);
    this.#parts = parts;
    this.#metadata = metadata;
    this.#binding = binding;
    this.#schedule = readSchedule(parts, metadata, binding);
    this.#monitored = binding.useMonitor !== false && !this.#schedule.frequent;
  }

  start(): void {
    const now = this.#now();
    const pastDue = this.#monitored && this.#takeUp(now);
    if (!this.#monitored) this.#status = this.#after(now, {});
    const { next } = this.#status;
    const { log } = this.#parts;
    const when = next === undefined ? "never" : new Date(next).toISOString();
    log.write("information", "Host.Triggers.Timer", `${this.#metadata.name}: next occurrence ${when}`);
    if (next === undefined) log.warn(`timer function "${this.#metadata.name}": its schedule never comes`);
    if (pastDue) this.#arm(now, "Timer fired past due.", { pastDue: true });
    else if (this.#binding.runOnStartup === true) this.#arm(now, "Timer fired at startup.", { startup: true });
    else this.#armNext();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** TimerInfo as .NET writes it; the library turns the first letter of each key into a small one. */
  input(isPastDue: boolean): TypedData {
    const { zone } = this.#parts;
    const text = (instant: number | undefined, none: string): string =>
      instant === undefined ? none : isoText(instant, zone);
    const { last, next, updated } = this.#status;
    const ScheduleStatus = this.#monitored && {
      Last: text(last, "0001-01-01T00:00:00"),
      Next: text(next, "9999-12-31T23:59:59.9999999"),
      LastUpdated: text(last ?? updated, "0001-01-01T00:00:00"),
    };
    const Schedule = { AdjustForDST: this.#schedule.adjustForDst };
    return { json: JSON.stringify({ Schedule, ScheduleStatus: ScheduleStatus || null, IsPastDue: isPastDue }) };
  }

  #now(): number {
    return this.#parts.clock.now().getTime();
  }

  #after(instant: number, status: TimerStatus): TimerStatus {
    const next = this.#schedule.next(instant);
    return next === undefined ? status : { ...status, next };
  }

  /** Goes on from what is remembered; true when an occurrence was missed. A changed schedule begins anew. */
  #takeUp(now: number): boolean {
    const known = this.#parts.statuses.get(this.#metadata.name);
    const from = known?.last ?? known?.updated ?? now;
    const expected = this.#schedule.next(from);
    if (known && known.next === expected) this.#status = known;
    else {
      const past = expected !== undefined && now > expected;
      const base = known && !past ? from : now;
      this.#remember(this.#after(base, { updated: base }));
    }
    return this.#status.next !== undefined && now > this.#status.next;
  }

  #remember(status: TimerStatus): void {
    this.#status = status;
    if (this.#monitored) this.#parts.statuses.set(this.#metadata.name, status);
  }

  #armNext(): void {
    if (this.#status.next !== undefined) this.#arm(this.#status.next, "Timer fired on schedule.");
  }

  #arm(due: number, reason: string, how: { readonly pastDue?: true; readonly startup?: true } = {}): void {
    if (this.#stopped) return;
    this.#cancel = this.#parts.clock.at(new Date(due), () => {
      void this.#fire(reason, how);
    });
  }

  async #fire(reason: string, { pastDue = false, startup = false }): Promise<void> {
    const began = this.#now();
    try {
      await this.#run(reason, pastDue);
    } catch {
      // The runner has said why; a function that fails does not stop its schedule.
    }
    if (this.#stopped) return;
    const { next = began } = this.#status;
    // One that came early counts as on time; otherwise the same occurrence would come again.
    const last = pastDue || startup ? began : Math.max(began, next);
    this.#remember(this.#after(last, { last }));
    this.#armNext();
  }

  async #run(reason: string, pastDue: boolean): Promise<void> {
    const { clock, runner, retry } = this.#parts;
    const { maxRetryCount = -1 } = this.#metadata.retryOptions ?? retry ?? {};
    const inputs = [{ name: this.#binding.name, data: this.input(pastDue) }];
    await withRetry(retryPolicy(this.#metadata, retry), maxRetryCount, clock, (retryContext) =>
      runner.run(this.#metadata, { reason, inputs, ...(retryContext ? { retryContext } : {}) }),
    );
  }
}

function readSchedule(
  { settings, zone }: TimerParts,
  { name }: FunctionMetadata,
  { schedule = "" }: Binding,
): Schedule {
  const text = withSettings(
    schedule,
    settings,
    (setting) => new HostError(`function "${name}": the schedule needs the app setting "${setting}"`),
  );
  const parsed = parseSchedule(text, zone);
  if (parsed) return parsed;
  const shown = JSON.stringify(text);
  throw new HostError(`function "${name}": ${shown} is no schedule: neither a NCRONTAB expression nor a TimeSpan`);
}
