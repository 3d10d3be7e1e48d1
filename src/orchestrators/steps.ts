import { stepNames, type OnboardInput, type Progress, type Step, type StepName, type Waiting } from "../domain/link.ts";
import { now, type Context } from "../durable/calls.ts";

/** The steps of one run, shown as its custom status; every change is visible after the turn that made it. */
export interface Steps {
  /** Begins a step; the one before counts as done. */
  begin(name: StepName): void;
  /** One sentence about the step that runs. */
  note(detail: string): void;
  waitFor(waiting: Waiting): void;
  goOn(): void;
  /** Ends the step that runs. */
  end(state: "done" | "failed" | "cancelled", detail?: string): void;
  readonly all: () => readonly Step[];
}

export function trackSteps(context: Context, { operationId, preflight }: OnboardInput): Steps {
  const steps = new Map<StepName, Step>(
    stepNames.map((name) => [name, { name, state: "pending", startedAt: null, finishedAt: null, detail: null }]),
  );
  const { startedAt, finishedAt, summary } = preflight;
  steps.set("preflight", { name: "preflight", state: "done", startedAt, finishedAt, detail: summary });
  let current: StepName = "preflight";
  let waitingFor: Waiting | null = null;

  const show = (): void =>
    context.df.setCustomStatus({ operationId, steps: [...steps.values()], waitingFor } satisfies Progress);
  const change = (part: Partial<Step>): void => {
    const step = steps.get(current);
    if (step) steps.set(current, { ...step, ...part });
    show();
  };
  const at = (): string => now(context).toISOString();
  const end = (state: "done" | "failed" | "cancelled", detail?: string): void => {
    waitingFor = null;
    change({ state, finishedAt: at(), ...(detail === undefined ? {} : { detail }) });
  };
  return {
    begin(name) {
      if (steps.get(current)?.state === "running") end("done");
      current = name;
      change({ state: "running", startedAt: at() });
    },
    note(detail) {
      change({ detail });
    },
    waitFor(waiting) {
      waitingFor = waiting;
      show();
    },
    goOn() {
      waitingFor = null;
      show();
    },
    end,
    all: () => [...steps.values()],
  };
}
