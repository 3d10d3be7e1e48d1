/** What the parts of every workflow share: the run they belong to. */
import { cancelRequested } from "../activities/askCancel.ts";
import type { RegisteredName } from "../activities/index.ts";
import { problem } from "../domain/errors.ts";
import type { Progress, Stopped } from "../domain/operation.ts";
import type { Instant } from "../domain/time.ts";
import {
  call as callAny,
  look as lookAny,
  lookBehind as lookBehindAny,
  sleeper,
  wake,
  type Context,
  type JsonObject,
} from "../durable/calls.ts";
import type { Activity, Orchestration, Passing, Sleeper } from "../durable/calls.ts";
import { Carried } from "../durable/carry.ts";
import { trackSteps, type Steps } from "./steps.ts";

export type Run = {
  readonly context: Context;
  readonly operationId: string;
  readonly steps: Steps;
  readonly carried: Carried;
  readonly sleeper: Sleeper;
  readonly generation: Generation;
};

/** What this generation of the instance has seen. */
export type Generation = {
  /** Looks of all its waits. */
  looks: number;
  /** The last refusal that came from the consent page, and the last answer of any kind; untrusted, in words. */
  declined: string | null;
  answered: string | null;
  /** When somebody first said it was accepted. */
  acceptedAt: Instant | null;
  /** A leak was told of meanwhile. */
  isHurried: boolean;
};

/** Raised by the consent callback after the answer stands on the operation's row. */
export const consentAnswered = wake("consentAnswered");

const shownKey = "progress";

export function newRun(context: Context, first: Progress, before: JsonObject): Run {
  const carried = new Carried(before);
  const progress = carried.get<Progress>(shownKey) ?? first;
  return {
    context,
    operationId: first.operationId,
    steps: trackSteps(context, progress),
    carried,
    sleeper: sleeper(context, [cancelRequested, consentAnswered]),
    generation: { looks: 0, declined: null, answered: null, acceptedAt: null, isHurried: false },
  };
}

/** Hands the progress to the next generation. */
export function keepProgress({ carried, steps }: Run): void {
  carried.keep(shownKey, steps.progress());
}

export const cancelled: Stopped = {
  outcome: "stopped",
  state: "cancelled",
  problem: problem(
    "CP-CANCELLED",
    "a person cancelled the operation; what the link alone had made was removed, unless it was ready before",
  ),
};

type Known<Input, Output> = Activity<Input, Output, never, RegisteredName>;

/** The typed calls, for activities that are registered: one that is not would hang its instance for ever. */
export const call: <Input, Output>(
  context: Context,
  activity: Known<Input, Output>,
  input: NoInfer<Input>,
) => Orchestration<Output> = callAny;
export const look: typeof call = lookAny;
export const lookBehind: <Seen, Input, Output>(
  context: Context,
  passing: Passing<Seen>,
  activity: Known<Input, Output>,
  input: NoInfer<Input>,
) => Orchestration<Output> = lookBehindAny;

/** `look` within one run. */
export type Look = <Input, Output>(activity: Known<Input, Output>, input: NoInfer<Input>) => Orchestration<Output>;
