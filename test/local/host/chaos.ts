import * as df from "durable-functions";
import { createOrchestrator } from "durable-functions/lib/src/util/testingUtils.js";
import type { Clock } from "../../../local/host/clock.ts";
import type { OrchestratorState } from "../../../local/host/durable/replay/actions.ts";
import { Engine, type Functions } from "../../../local/host/durable/engine/engine.ts";
import { historyEvent, isFinished, type BareEvent } from "../../../local/host/durable/replay/history.ts";
import { Operations } from "../../../local/host/durable/engine/operations.ts";
import { orchestrationTrigger, orchestratorThrew } from "../../../local/host/durable/engine/payloads.ts";
import { openStore, type ActivityWork } from "../../../local/host/durable/engine/store.ts";
import { createLog } from "../../../local/host/log.ts";

/** A step of a random orchestration. A retried activity fails `failures` times first. */
export type Leaf =
  | { readonly do: "activity"; readonly value: number }
  | { readonly do: "retry"; readonly key: string; readonly failures: number; readonly attempts: number }
  | { readonly do: "timer"; readonly ms: number }
  | { readonly do: "event"; readonly name: string };
export type Step = Leaf | { readonly do: "all" | "any"; readonly parts: readonly Leaf[] };

/** What the orchestration must end with, whatever comes in which order. */
export function expected(steps: readonly Step[]): unknown[] {
  const of = (step: Step): unknown => {
    if (step.do === "activity") return step.value;
    if (step.do === "timer") return "rung";
    if (step.do === "event") return `raised ${step.name}`;
    if (step.do === "retry") return step.failures < step.attempts ? `worked ${step.key}` : `gave up ${step.key}`;
    return step.do === "any" ? `one of ${step.parts.length}` : step.parts.map(of);
  };
  return steps.map(of);
}

const run = createOrchestrator(function* (context) {
  const { df: durable } = context;
  const start = (leaf: Leaf): df.Task => {
    if (leaf.do === "activity") return durable.callActivity("echo", leaf.value);
    if (leaf.do === "event") return durable.waitForExternalEvent(leaf.name);
    if (leaf.do === "timer") return durable.createTimer(new Date(durable.currentUtcDateTime.getTime() + leaf.ms));
    return durable.callActivityWithRetry("flaky", new df.RetryOptions(100, leaf.attempts), leaf);
  };
  const results: unknown[] = [];
  for (const step of durable.getInput<Step[]>()) {
    if ("parts" in step) {
      const tasks = step.parts.map(start);
      const values = (yield step.do === "all" ? durable.Task.all(tasks) : durable.Task.any(tasks)) as unknown[];
      results.push(
        step.do === "any"
          ? `one of ${step.parts.length}`
          : values.map((value, index) => (step.parts[index]?.do === "timer" ? "rung" : value)),
      );
    } else {
      try {
        const value: unknown = yield start(step);
        results.push(step.do === "timer" ? "rung" : value);
      } catch {
        results.push(`gave up ${step.do === "retry" ? step.key : ""}`);
      }
    }
  }
  return results;
});

/** Time that only moves when told to. */
class HandClock implements Clock {
  #now = Date.parse("2026-01-01T00:00:00.000Z");
  readonly #due: { readonly at: number; readonly action: () => void }[] = [];
  readonly now = (): Date => new Date(this.#now);
  readonly at = (when: Date, action: () => void): (() => void) => {
    const due = { at: when.getTime(), action };
    this.#due.push(due);
    return () => {
      const index = this.#due.indexOf(due);
      if (index >= 0) this.#due.splice(index, 1);
    };
  };
  get waits(): boolean {
    return this.#due.length > 0;
  }
  fire(): void {
    this.#due.sort((a, b) => a.at - b.at);
    const next = this.#due.shift();
    this.#now = Math.max(this.#now, next?.at ?? 0);
    next?.action();
  }
}

interface Held {
  readonly work: ActivityWork;
  readonly answer: (event: BareEvent) => void;
}

/** One orchestration on the real engine and the SDK's own replay; what happens next is picked from outside. */
export async function runInDisorder(steps: readonly Step[], pick: (choices: number) => number): Promise<unknown> {
  const store = openStore(":memory:");
  const clock = new HandClock();
  const held: Held[] = [];
  const tries = new Map<string, number[]>();
  const functions: Functions = {
    hasActivity: () => true,
    hasOrchestrator: () => true,
    orchestrators: () => ["random"],
    ready: () => Promise.resolve(),
    perform: (work) =>
      new Promise((answer) => {
        held.push({ work, answer });
      }),
    async orchestrate(instance, history) {
      try {
        const payload: unknown = JSON.parse(orchestrationTrigger(instance, history));
        const state: unknown = await run(payload, new df.DummyOrchestrationContext());
        return { state: JSON.parse(JSON.stringify(state)) as OrchestratorState, thrown: false };
      } catch (error) {
        return orchestratorThrew(error instanceof Error ? error.message : String(error), "");
      }
    },
  };
  const options = { maxConcurrentActivities: 100, strict: true, timerLatenessInMs: 0 };
  const begin = (): Engine =>
    new Engine(
      store,
      clock,
      functions,
      options,
      createLog(() => undefined),
    );
  let engine = begin();
  const operations = (): Operations =>
    new Operations(store, engine, clock, { versions: { defaultVersion: "" }, startReplacesLive: false });
  const unraised = [...new Set(eventNames(steps))];

  const answer = ({ work, answer: give }: Held, twice: boolean): void => {
    const event = outcome(work, tries);
    give(event);
    if (!twice) return;
    store.send(work.instanceId, work.executionId, historyEvent(event, clock.now()));
    engine.wake(work.instanceId);
  };
  const restart = (): void => {
    engine.stop();
    held.length = 0;
    engine = begin();
    engine.recover();
  };
  operations().start("random", JSON.stringify(steps), { id: "i" });
  for (let turns = 0; turns < 2000; turns += 1) {
    for (let tick = pick(4); tick >= 0; tick -= 1) await new Promise((resolve) => setImmediate(resolve));
    const instance = store.instance("i");
    if (instance && isFinished(instance.status)) {
      engine.stop();
      store.close();
      return instance.status === "Completed" ? JSON.parse(instance.output ?? "null") : instance.output;
    }
    const moves: (() => void)[] = [
      ...held.map((_, index) => () => held.splice(index, 1).forEach((one) => answer(one, pick(4) === 0))),
      ...(clock.waits ? [() => clock.fire()] : []),
      ...unraised.map((name, index) => () => {
        unraised.splice(index, 1);
        operations().raise("i", name, JSON.stringify(`raised ${name}`));
      }),
      ...(pick(6) === 0 ? [restart] : []),
    ];
    moves[pick(Math.max(moves.length, 1))]?.();
  }
  throw new Error("the orchestration did not end");
}

function eventNames(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => ("parts" in step ? eventNames(step.parts) : step.do === "event" ? [step.name] : []));
}

/** The same for the same task, however often it is run. */
function outcome({ name, input, taskId }: ActivityWork, tries: Map<string, number[]>): BareEvent {
  const [value] = JSON.parse(input ?? "[]") as [unknown];
  const done = (result: unknown): BareEvent => ({
    EventType: 5,
    TaskScheduledId: taskId,
    Result: JSON.stringify(result),
  });
  if (name === "echo") return done(value);
  const { key, failures } = value as Extract<Leaf, { readonly do: "retry" }>;
  const ids = tries.get(key) ?? [];
  if (!ids.includes(taskId)) ids.push(taskId);
  tries.set(key, ids);
  if (ids.indexOf(taskId) >= failures) return done(`worked ${key}`);
  return { EventType: 6, TaskScheduledId: taskId, Reason: "no", Details: "{}", FailureDetails: null };
}
