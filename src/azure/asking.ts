import { setTimeout as rest } from "node:timers/promises";
import { TransientError } from "../domain/errors.ts";
import { failureOf, isTransient, transient, unexpected, type Failure, type Hidden } from "./errors.ts";

/** Every call ends within this time, answered or not: a workflow waits by durable timers, never inside an activity. */
export const callLimitInMs = 60_000;
/** Rests before a repeat. Only for what an instant may cure; what a service asks for is the workflow's to wait for. */
const restsInMs = [200, 800];

export type Question = Hidden & {
  /** The attempt, as in "read the cluster x". */
  readonly what: string;
  /** Asking twice does no more than asking once. */
  readonly repeatable: boolean;
  /** What time cures here besides what it cures everywhere. */
  readonly passing?: (failure: Failure) => boolean;
};

/**
 * The one way adapters ask a service. Nothing an SDK throws gets past it: the error is read, and cleared of secrets,
 * before anything is decided. `say` turns a failure into an answer the caller foresaw; what it does not know is a
 * TransientError when time may cure it, else a defect.
 */
export async function asking<Answer, Said = never>(
  question: Question,
  work: (signal: AbortSignal) => Promise<Answer>,
  say: (failure: Failure) => Said | undefined | Promise<Said | undefined> = () => undefined,
): Promise<Answer | Said> {
  const { what, passing } = question;
  const signal = AbortSignal.timeout(callLimitInMs);
  const asked = await attempts(question, work, signal);
  if ("answer" in asked) return asked.answer;
  const { failure } = asked;
  if (isTransient(failure) || passing?.(failure)) throw transient(failure, what);
  const said = await say(failure);
  if (said !== undefined) return said;
  throw unexpected(failure, what);
}

type Asked<Answer> = { readonly answer: Answer } | { readonly failure: Failure };

async function attempts<Answer>(
  question: Question,
  work: (signal: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Asked<Answer>> {
  for (const restInMs of restsInMs) {
    const asked = await once(question, work, signal);
    if ("answer" in asked || !isBrief(asked.failure) || signal.aborted) return asked;
    // Throttling refuses before anything is done.
    if (!question.repeatable && asked.failure.status !== 429) return asked;
    await rest(restInMs * (0.5 + Math.random()));
  }
  return once(question, work, signal);
}

async function once<Answer>(
  question: Question,
  work: (signal: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Asked<Answer>> {
  try {
    return { answer: await within(signal, work(signal)) };
  } catch (error) {
    // One of ours, thrown by a question asked within this one.
    if (error instanceof TransientError) throw error;
    return { failure: failureOf(error, question) };
  }
}

/** Worth another try at once: a blink, or what the service itself lets us repeat at once. */
function isBrief(failure: Failure): boolean {
  const { status, retryAfterInSeconds } = failure;
  if (retryAfterInSeconds !== null) return isTransient(failure) && retryAfterInSeconds === 0;
  return isTransient(failure) && status !== 429;
}

/** Ends with the signal. Some clients do not hear one everywhere; signing in is one such place. */
export async function within<Answer>(signal: AbortSignal, work: Promise<Answer>): Promise<Answer> {
  let stop = (): void => undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    const fail = (): void => reject(Object.assign(new Error("no answer in time"), { name: "TimeoutError" }));
    stop = () => signal.removeEventListener("abort", fail);
    signal.addEventListener("abort", fail, { once: true });
    if (signal.aborted) fail();
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    stop();
  }
}
