/** What the parts of the onboarding share: the run they belong to, and the ways a part ends. */
import { problem, type Problem, type ProblemCode } from "../domain/errors.ts";
import type { OnboardInput } from "../domain/link.ts";
import { after } from "../domain/time.ts";
import { externalEvent, now, waitFor, type Context, type Orchestration } from "../durable/calls.ts";
import type { Steps } from "./steps.ts";

export type Run = { readonly context: Context; readonly input: OnboardInput; readonly steps: Steps };

/** A part that cannot go on: the link ends so, with the reason. */
export type Stopped = {
  readonly outcome: "stopped";
  readonly status: "failed" | "cancelled";
  readonly problem: Problem;
};

export function failed(reason: Problem): Stopped {
  return { outcome: "stopped", status: "failed", problem: reason };
}

export function failedWith(code: ProblemCode, detail: string): Stopped {
  return failed(problem(code, detail));
}

export const cancelled: Stopped = {
  outcome: "stopped",
  status: "cancelled",
  problem: problem("CP-CANCELLED", "a person cancelled the onboarding; what this link alone had made was removed"),
};

/** Raised by the consent callback, which believes nothing: `accepted` only means "look now". */
export type ConsentAnswer = { readonly answer: "accepted" | "declined" | "wrongTenant"; readonly detail: string };
export const consentAnswered = externalEvent<ConsentAnswer>("consentAnswered");

export type CancelRequest = { readonly by: string };
export const cancelRequested = externalEvent<CancelRequest>("cancelRequested");

/** Waits, unless somebody cancels meanwhile. Returns whether somebody did. */
export function* cancelledWithin({ context }: Run, seconds: number): Orchestration<boolean> {
  return (yield* waitFor(context, [cancelRequested], after(now(context), seconds))) !== undefined;
}
