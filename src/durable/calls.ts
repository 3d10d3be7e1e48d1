/**
 * The typed calls: an activity, an orchestrator, an event is a value that carries its name and its types.
 * The only casts and the only bare `yield` of the product stand here; see docs/decisions.
 */
import { RetryOptions, type OrchestrationContext, type Task } from "durable-functions";

/** What history keeps unchanged. Rejects Date, classes (so Secret), functions and undefined. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export type Context = Pick<OrchestrationContext, "df">;
/** `unknown` is deliberate: what a bare `yield` returns is good for nothing. */
export type Orchestration<Output> = Generator<Task, Output, unknown>;

export interface Activity<Input, Output, Needs> {
  readonly name: string;
  readonly run: (input: Input, needs: Needs) => Promise<Output>;
  /** Milliseconds between attempts and their number; every throw is retried, so throw only what a retry may cure. */
  readonly retry: Retry | undefined;
}
export type Retry = { readonly firstInMs: number; readonly attempts: number };

export function activity<Input extends JsonObject, Output extends JsonObject | void, Needs>(
  name: string,
  run: (input: Input, needs: Needs) => Promise<Output>,
  retry?: Retry,
): Activity<Input, Output, Needs> {
  return { name, run, retry };
}

export interface Orchestrator<Input, Output> {
  readonly name: string;
  readonly run: (context: Context, input: Input) => Orchestration<Output>;
}

export function orchestrator<Input extends JsonObject, Output extends JsonObject>(
  name: string,
  run: (context: Context, input: Input) => Orchestration<Output>,
): Orchestrator<Input, Output> {
  return { name, run };
}

/** An external event and what it carries. Names are matched by case: raise it through this value only. */
export interface ExternalEvent<Payload> {
  readonly name: string;
  readonly payload?: Payload;
}

export function externalEvent<Payload extends JsonObject>(name: string): ExternalEvent<Payload> {
  return { name };
}

export function* call<Input, Output>(
  { df }: Context,
  { name, retry }: Activity<Input, Output, never>,
  input: NoInfer<Input>,
): Orchestration<Output> {
  return (yield retry
    ? df.callActivityWithRetry(name, retryOptions(retry), input)
    : df.callActivity(name, input)) as Output;
}

function retryOptions({ firstInMs, attempts }: Retry): RetryOptions {
  const options = new RetryOptions(firstInMs, attempts);
  options.backoffCoefficient = 2;
  options.maxRetryIntervalInMilliseconds = 60_000;
  return options;
}

/** The time of this turn: the same on every replay. */
export function now({ df }: Context): Date {
  return df.currentUtcDateTime;
}

export function* sleepUntil({ df }: Context, instant: Date): Orchestration<void> {
  yield df.createTimer(instant);
}

export type Raised<Payload> = { readonly event: ExternalEvent<Payload>; readonly payload: Payload };

/** Cancelling a timer of more than 6 days after its first leg has fired fails the instance, so none is that long. */
const longestWaitInMs = 5 * 86_400_000;

/**
 * Waits for the first of some events, or until `deadline`; undefined means the deadline.
 * Fresh tasks each round, and its own timer is cancelled: a timer that lost would keep the instance Running,
 * and a task given to two combinators shifts every later result.
 */
export function* waitFor<Payload>(
  context: Context,
  events: readonly ExternalEvent<Payload>[],
  deadline: Date,
): Orchestration<Raised<Payload> | undefined> {
  const { df } = context;
  for (;;) {
    const horizon = new Date(now(context).getTime() + longestWaitInMs);
    const last = deadline <= horizon;
    const timer = df.createTimer(last ? deadline : horizon);
    const waiters = events.map((event) => ({ event, task: df.waitForExternalEvent(event.name) }));
    const winner = yield df.Task.any([...waiters.map(({ task }) => task), timer]);
    const raised = waiters.find(({ task }) => task === winner);
    if (!raised && last) return undefined;
    if (!raised) continue;
    if (!timer.isCompleted) timer.cancel();
    return { event: raised.event, payload: raised.task.result as Payload };
  }
}
