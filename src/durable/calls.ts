/**
 * The typed calls: an activity, an orchestrator, an event is a value that carries its name and its types.
 * The casts that type orchestrations, and the only bare `yield`s, are here; see docs/decisions.
 */
import type { OrchestrationContext, Task } from "durable-functions";
import { isTrouble, type Answer, type Trouble } from "./answers.ts";

/** What history keeps unchanged. Rejects Date, classes (so Secret), functions and undefined. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export type Context = Pick<OrchestrationContext, "df">;
/** `unknown` is deliberate: what a bare `yield` returns is good for nothing. */
export type Orchestration<Output> = Generator<Task, Output, unknown>;

export interface Activity<Input, Output, Needs, Name extends string = string> {
  readonly name: Name;
  readonly run: (input: Input, needs: Needs) => Promise<Output>;
  readonly options: ActivityOptions;
}
export type ActivityOptions = {
  /** One that takes longer is given up, and asked again later. */
  readonly limitInSeconds: number;
  /** Gets the Durable client (`needs.instances`) as well. */
  readonly asksDurable: boolean;
  /** Changes nothing anywhere: behind a gate it begins while the gate still looks, and is not heard where that is closed. */
  readonly readsOnly: boolean;
};

/** Every call to Azure ends within a minute, and no activity makes more than a few of them. */
export const standardOptions: ActivityOptions = { limitInSeconds: 300, asksDurable: false, readsOnly: false };

export function activity<Name extends string, Input extends JsonObject, Output extends JsonObject | void, Needs>(
  name: Name,
  run: (input: Input, needs: Needs) => Promise<Output>,
  options: Partial<ActivityOptions> = {},
): Activity<Input, Output, Needs, Name> {
  return { name, run, options: { ...standardOptions, ...options } };
}

/** An orchestrator as those see it who start it by its name. */
export interface Startable<Input> {
  readonly name: string;
  /** Never there: it only ties the input's type to the name. */
  readonly takes?: (input: Input) => void;
}

export interface Orchestrator<Input, Output> extends Startable<Input> {
  readonly run: (context: Context, input: Input, carried: JsonObject) => Orchestration<Output>;
}

/** `carried`: what the generation before handed over (see `carry.ts`); empty in the first. */
export function orchestrator<Input extends JsonObject, Output extends JsonObject>(
  name: string,
  run: (context: Context, input: Input, carried: JsonObject) => Orchestration<Output>,
): Orchestrator<Input, Output> {
  return { name, run };
}

/** An external event. It only wakes: what it is about stands on a row, written before it is raised. */
export interface Wake {
  readonly name: string;
}

export function wake(name: string): Wake {
  return { name };
}

/** An activity could not answer now. Thrown and caught within one turn of an orchestrator, never kept in history. */
export class TransientFailure extends Error {
  override readonly name = "TransientFailure";
  readonly retryAfterInSeconds: number | null;

  constructor(message: string, retryAfterInSeconds: number | null) {
    super(message);
    this.retryAfterInSeconds = retryAfterInSeconds;
  }
}

/** The rows name another operation by now: this one has nothing more to write. Thrown and caught like the other. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}

/** Asks an activity once. Throws TransientFailure where time may cure it, Superseded, or the defect it failed with. */
export function* look<Input, Output>(
  context: Context,
  { name }: Activity<Input, Output, never>,
  input: NoInfer<Input>,
): Orchestration<Output> {
  return untroubled((yield* attempted(context, name, input)) as Answer<Output>);
}

/** What an activity is asked with behind a gate: the gate looks at `gate` first, and decides whether the activity runs. */
export type Gated = { readonly gate: JsonObject; readonly input: JsonObject };
/** What the gate saw, and the activity's answer or trouble: null where the gate was closed. */
export type Passed<Seen, Output> = { readonly seen: Seen; readonly answer: Output };

/** How an orchestrator uses the gate that all activities stand behind (see `register.ts`). */
export type Passing<Seen> = {
  /** What the gate looks at. */
  readonly gate: JsonObject;
  /** Told what it saw; throws where the gate was closed, and the activity did not run. */
  readonly heed: (seen: Seen) => void;
};

/** The same behind the gate: one call reads what decides whether to ask, and asks. */
export function* lookBehind<Seen, Input, Output>(
  context: Context,
  { gate, heed }: Passing<Seen>,
  { name }: Activity<Input, Output, never>,
  input: NoInfer<Input>,
): Orchestration<Output> {
  const passed = (yield* attempted(context, name, { gate, input })) as Answer<Passed<Seen, Answer<Output>>>;
  const { seen, answer } = untroubled(passed);
  heed(seen);
  return untroubled(answer);
}

function untroubled<Output>(answer: Answer<Output>): Output {
  if (!isTrouble(answer)) return answer;
  if (answer.trouble === "superseded") throw new Superseded(answer.message);
  throw new TransientFailure(answer.message, answer.retryAfterInSeconds);
}

/**
 * What an activity throws carries its name in front (see `register.ts`). A failure without it comes from the platform:
 * a worker that was killed, a host that went away. That passes.
 */
function* attempted({ df }: Context, name: string, input: unknown): Orchestration<unknown> {
  try {
    return yield df.callActivity(name, input);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes(`${name}: `)) throw error;
    return { trouble: "transient", message, retryAfterInSeconds: null } satisfies Trouble;
  }
}

/** An outage is waited out for this long before a call gives up; waits of their own have their own deadline. */
const patienceInSeconds = 2 * 3600;
const longestRestInSeconds = 300;

/** Seconds until the next try: 2, 4, 8, ... or more where the service asked for it. */
export function restAfter(failures: number, retryAfterInSeconds: number | null): number {
  return Math.max(Math.min(2 ** failures, longestRestInSeconds), retryAfterInSeconds ?? 0);
}

/** Asks an activity, and again after growing rests while it cannot answer. Gives up after two hours. */
export function* call<Input, Output>(
  context: Context,
  activity: Activity<Input, Output, never>,
  input: NoInfer<Input>,
): Orchestration<Output> {
  const started = now(context).getTime();
  for (let failures = 1; ; failures += 1) {
    try {
      return yield* look(context, activity, input);
    } catch (error) {
      if (!(error instanceof TransientFailure)) throw error;
      const rest = restAfter(failures, error.retryAfterInSeconds) * 1000;
      const next = now(context).getTime() + rest;
      if (next > started + patienceInSeconds * 1000) throw error;
      yield* sleepUntil(context, new Date(next));
    }
  }
}

/** The time of this turn: the same on every replay. */
export function now({ df }: Context): Date {
  return df.currentUtcDateTime;
}

export function* sleepUntil({ df }: Context, instant: Date): Orchestration<void> {
  yield df.createTimer(instant);
}

/** Cancelling a timer of more than 6 days after its first leg has fired fails the instance, so none is that long. */
const longestWaitInMs = 5 * 86_400_000;

/** Sleeps until an instant, or until an event wakes it; also by one that came while the orchestrator was busy. */
export interface Sleeper {
  sleepUntil(instant: Date): Orchestration<void>;
}

/**
 * Fresh tasks for each sleep, and its own timer is cancelled: a timer that lost would keep the instance Running, and a
 * task given to two combinators shifts every later result. The waiters of a sleep that its timer ended stay open, and
 * take the next event of their name: they are kept, and one that was answered meanwhile ends the next sleep at once.
 */
export function sleeper(context: Context, events: readonly Wake[]): Sleeper {
  const { df } = context;
  let left: Task[] = [];
  const answered = (): boolean => {
    const open = left.filter(({ isCompleted }) => !isCompleted);
    const woken = open.length < left.length;
    left = open;
    return woken;
  };
  return {
    *sleepUntil(instant) {
      for (;;) {
        if (answered() || instant <= now(context)) return;
        const horizon = new Date(now(context).getTime() + longestWaitInMs);
        const timer = df.createTimer(instant <= horizon ? instant : horizon);
        const waiters = events.map(({ name }) => df.waitForExternalEvent(name));
        const winner = yield df.Task.any([...waiters, timer]);
        left.push(...waiters.filter((waiter) => waiter !== winner));
        if (winner === timer) continue;
        if (!timer.isCompleted) timer.cancel();
        return;
      }
    },
  };
}
