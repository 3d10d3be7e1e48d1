import { shortened } from "../domain/onboarding.ts";
import type { Progress, Step, Waiting } from "../domain/operation.ts";
import { now, type Context, type Json } from "../durable/calls.ts";

/** The steps of one run, shown as its custom status; every change is visible after the turn that made it. */
export interface Steps<Name extends string = string> {
  /** Begins a step; the one before counts as done. A step that began in an earlier generation goes on. */
  begin(name: Name): void;
  /** One sentence about the step that runs. */
  note(detail: string): void;
  waitFor(waiting: Waiting | null): void;
  /** Ends the step that runs. */
  end(state: "done" | "failed" | "cancelled", detail?: string): void;
  readonly progress: () => Progress;
}

/** `before`: the progress that an earlier generation, or the start, handed over. Shown at once. */
export function trackSteps<Name extends string>(context: Context, before: Progress<Name>): Steps<Name> {
  const { operationId } = before;
  let steps: readonly Step<Name>[] = before.steps;
  let waitingFor = before.waitingFor;
  let current: Name | undefined = steps.find(({ state }) => state === "running")?.name;

  const progress = (): Progress<Name> => ({ operationId, steps, waitingFor });
  const show = (): void => {
    context.df.setCustomStatus(progress() satisfies Json);
  };
  const change = (part: Partial<Step<Name>>): void => {
    steps = steps.map((step) => (step.name === current ? { ...step, ...part } : step));
    show();
  };
  const isRunning = (): boolean => steps.some(({ name, state }) => name === current && state === "running");
  const at = (): string => now(context).toISOString();
  const end = (state: "done" | "failed" | "cancelled", detail?: string): void => {
    if (!isRunning()) return;
    waitingFor = null;
    // What a finished step was waiting for is over; why another one ended stays.
    const last = state === "done" ? { detail: null } : {};
    change({ state, finishedAt: at(), ...last, ...(detail === undefined ? {} : { detail: shortened(detail) }) });
  };
  show();
  return {
    begin(name) {
      const isNew = steps.find((step) => step.name === name)?.state === "pending";
      if (isNew) end("done");
      current = name;
      if (isNew) change({ state: "running", startedAt: at(), detail: null });
    },
    note(detail) {
      if (isRunning()) change({ detail: shortened(detail) });
    },
    waitFor(waiting) {
      waitingFor = waiting && { ...waiting, what: shortened(waiting.what) };
      show();
    },
    end,
    progress,
  };
}
