/** The one way to wait. */
import { lookAtOperation, type Heard } from "../activities/operationRow.ts";
import { shortened } from "../domain/onboarding.ts";
import type { Stopped, Waiting } from "../domain/operation.ts";
import { after, secondsBetween, type Instant } from "../domain/time.ts";
import { now, restAfter, Superseded, TransientFailure, type JsonObject, type Orchestration } from "../durable/calls.ts";
import { continueAsNew } from "../durable/carry.ts";
import { cancelled, keepProgress, look, lookBehind, type Look, type Run } from "./run.ts";

export type Wait = {
  /** Its own within a workflow: what the wait knows is carried under it. */
  readonly name: string;
  /** Between two looks; by how long the wait has lasted where that matters. */
  readonly everyInSeconds: number | ((waitedInSeconds: number) => number);
  readonly deadlineInSeconds: number;
  /** Does a cancel end it? Not once the cluster changes, and not while something is taken back. */
  readonly cancellable: boolean;
  /** What to show meanwhile; null shows the sentence of the last look only. */
  readonly waiting: (until: Instant) => Waiting | null;
  /** How it ends when its time is over; `detail` is the last look's sentence. */
  readonly expired: (detail: string, until: Instant) => Stopped;
};

export type Attempt<Value> = { readonly outcome: "done"; readonly value: Value } | NotYet | Stopped;
export type NotYet = {
  readonly outcome: "notYet";
  readonly detail: string;
  /** Handed to the next attempt. */
  readonly memo?: JsonObject;
  /** Until the next look, where this attempt knows better. */
  readonly nextInSeconds?: number;
  /** It goes forward, so that its deadline does not end it now. */
  readonly goesOn?: boolean;
};

export function notYet(detail: string): NotYet {
  return { outcome: "notYet", detail };
}

/** It goes forward, one success after the other: the wait's deadline does not end it now. */
export function goingOn(detail: string, memo: JsonObject, nextInSeconds: number): NotYet {
  return { ...notYet(detail), memo, nextInSeconds, goesOn: true };
}

export function done<Value>(value: Value): Attempt<Value> {
  return { outcome: "done", value };
}

/** What an attempt is given. */
export type Trying = {
  readonly since: Instant;
  readonly memo: JsonObject;
  /** Asks an activity once; where a person may end the wait, only after listening to people. */
  readonly look: Look;
};

/** What a wait knows, in the form that is carried. */
type Known = { readonly since: Instant; readonly failures: number; readonly memo: JsonObject };

/** A history of more looks is cut: one look leaves a dozen events, and all of them are replayed at each turn. */
const mostLooks = 20;

/** Failures in a row, of two seconds' rest and then twice as long each time: some two minutes. */
const mostBlinks = 5;

/**
 * Looks again and again until an attempt is done or refused, the deadline has passed, or somebody cancels. What a
 * service cannot answer now is "not yet". Each look reads the operation's row first: a cancel stands there, and an event
 * only wakes. Past some looks the instance continues as new, and the wait goes on where it was.
 */
export function* poll<Value>(
  run: Run,
  wait: Wait,
  attempt: (trying: Trying) => Orchestration<Attempt<Value>>,
): Orchestration<{ readonly outcome: "done"; readonly value: Value } | Stopped> {
  const { context, carried, generation, steps, sleeper } = run;
  const key = `wait ${wait.name}`;
  let known: Known = carried.get<Known>(key) ?? { since: now(context).toISOString(), failures: 0, memo: {} };
  const until = after(known.since, wait.deadlineInSeconds);

  for (;;) {
    // Kept before the look: a wait inside the attempt may be the one that continues as new.
    carried.keep(key, known);
    if (generation.looks >= mostLooks) {
      keepProgress(run);
      continueAsNew();
    }
    generation.looks += 1;
    const result = yield* attempted(run, wait, known, attempt);
    if (result.outcome !== "notYet") {
      carried.forget(key);
      steps.waitFor(null);
      return result;
    }
    const { detail, failures, memo } = result;
    known = { since: known.since, failures, memo: memo ?? known.memo };
    if (now(context) >= until && result.goesOn !== true) {
      carried.forget(key);
      return wait.expired(detail, until.toISOString());
    }
    steps.note(detail);
    steps.waitFor(wait.waiting(until.toISOString()));
    const next = after(now(context), result.nextInSeconds ?? every(wait, known.since, now(context)));
    yield* sleeper.sleepUntil(next > until && result.goesOn !== true ? until : next);
  }
}

function every({ everyInSeconds }: Wait, since: Instant, at: Date): number {
  return typeof everyInSeconds === "number" ? everyInSeconds : everyInSeconds(secondsBetween(since, at));
}

/** One look, with how many before it in a row had no answer. */
function* attempted<Value>(
  run: Run,
  wait: Wait,
  known: Known,
  attempt: (trying: Trying) => Orchestration<Attempt<Value>>,
): Orchestration<Exclude<Attempt<Value>, NotYet> | (NotYet & { readonly failures: number })> {
  try {
    const { since, memo } = known;
    const result = yield* attempt({ since, memo, look: wait.cancellable ? heeding(run) : plainly(run) });
    return result.outcome === "notYet" ? { ...result, failures: 0 } : result;
  } catch (error) {
    if (error instanceof Cancelled) return cancelled;
    if (!(error instanceof TransientFailure)) throw error;
    const failures = known.failures + 1;
    const rest = restAfter(failures, error.retryAfterInSeconds);
    // The first failures may be a blink, which must not cost a whole interval. An outage is looked at as rarely as all else.
    const usual = failures <= mostBlinks ? 0 : every(wait, known.since, now(run.context));
    const nextInSeconds = Math.max(usual, error.retryAfterInSeconds ?? 0, Math.min(rest, 60));
    return { outcome: "notYet", detail: shortened(error.message), failures, nextInSeconds };
  }
}

/** A person cancelled. Thrown and caught within one attempt. */
class Cancelled extends Error {
  override readonly name = "Cancelled";
}

function plainly({ context }: Run): Look {
  return (activity, input) => look(context, activity, input);
}

function heeding(run: Run): Look {
  const { context, operationId } = run;
  const heed = (heard: Heard): void => listen(run, heard);
  return (activity, input) => lookBehind(context, { gate: { operationId }, heed }, activity, input);
}

/** Listens to people, for an attempt that asks nothing else. */
export function* hearPeople(run: Run): Orchestration<void> {
  const { context, operationId } = run;
  listen(run, yield* look(context, lookAtOperation, { operationId }));
}

function listen({ generation, operationId }: Run, heard: Heard): void {
  if (heard.isOver) throw new Superseded(`operation ${operationId} was written down as over`);
  generation.answered = heard.answered;
  generation.declined = heard.declined;
  generation.acceptedAt = heard.acceptedAt;
  generation.isHurried = heard.isHurried === true;
  if (heard.cancel) throw new Cancelled();
}
