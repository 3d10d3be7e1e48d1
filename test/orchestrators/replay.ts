/**
 * Runs an orchestrator as production does, without a host: the SDK's own replay with a fresh generator in every turn,
 * the extension's half from local/host, and a clock that jumps when nothing else can happen. So each turn is a crash
 * test and a check of determinism, and a week takes milliseconds.
 */
import * as df from "durable-functions";
import { createOrchestrator } from "durable-functions/lib/src/util/testingUtils.js";
import {
  historyEvent,
  played,
  ticks,
  type BareEvent,
  type HistoryEvent,
} from "../../local/host/durable/replay/history.ts";
import { orchestrationTrigger, orchestratorThrew } from "../../local/host/durable/engine/payloads.ts";
import { replay as extension } from "../../local/host/durable/replay/replay.ts";
import type { OrchestratorState } from "../../local/host/durable/replay/actions.ts";
import type { Answer } from "../../local/host/durable/replay/actions.ts";
import type { Orchestrator } from "../../src/durable/calls.ts";

export interface World {
  /** Answers of the activities, by name; `call` counts from 0; a throw is the activity's failure. */
  readonly activities: Readonly<Record<string, (input: never, call: number, at: Date) => unknown>>;
  /** External events, with the seconds after the start at which they are raised. */
  readonly events?: readonly { readonly after: number; readonly name: string; readonly payload: unknown }[];
}

export interface Run<Output> {
  readonly output: Output;
  /** `activity(seconds after the start)`, in order. */
  readonly calls: readonly string[];
  readonly inputs: readonly { readonly name: string; readonly input: unknown }[];
  /** Custom status after each turn. */
  readonly statuses: readonly unknown[];
  readonly seconds: number;
  /** All that history and status hold, as text. */
  readonly stored: string;
}

const start = Date.parse("2026-01-01T00:00:00.000Z");
const id = "instance";
const executionId = "execution";
const mostTurns = 5_000;

export async function replay<Input, Output>(
  orchestrator: Orchestrator<Input, Output>,
  input: Input,
  world: World,
): Promise<Run<Output>> {
  const run = createOrchestrator(function* (context) {
    return yield* orchestrator.run(context, context.df.getInput<Input>());
  });
  const counts = new Map<string, number>();
  const calls: string[] = [];
  const inputs: { name: string; input: unknown }[] = [];
  const statuses: unknown[] = [];
  const due: { at: number; event: BareEvent }[] = (world.events ?? []).map(({ after, name, payload }) => ({
    at: start + after * 1000,
    event: { EventType: 15, Name: name, Input: JSON.stringify(payload) },
  }));
  let history: HistoryEvent[] = [];
  let now = start;
  let messages: BareEvent[] = [
    {
      EventType: 0,
      OrchestrationInstance: { InstanceId: id, ExecutionId: executionId },
      ParentInstance: null,
      Name: orchestrator.name,
      Version: "",
      Input: JSON.stringify(input),
      Tags: null,
      ScheduledStartTime: null,
    },
  ];

  const act = (name: string, given: string | null): unknown => {
    const activity = world.activities[name];
    if (!activity) throw new Error(`no answer for the activity ${name}`);
    const [argument] = JSON.parse(given ?? "[null]") as [never];
    const call = counts.get(name) ?? 0;
    counts.set(name, call + 1);
    calls.push(`${name}(${(now - start) / 1000})`);
    inputs.push({ name, input: argument });
    return activity(argument, call, new Date(now));
  };

  for (let turn = 0; turn < mostTurns; turn++) {
    const at = new Date(now);
    history = [
      ...history.map(played),
      ...[{ EventType: 12 } as BareEvent, ...messages].map((event) => historyEvent(event, at)),
    ];
    const instance = {
      id,
      executionId,
      name: orchestrator.name,
      version: "",
      input: null,
      status: "Running",
      customStatus: null,
      output: null,
      createdAt: start,
      updatedAt: now,
      parent: null,
      historyLength: history.length,
      consumed: 0,
    } as const;
    const answer = await ask(run, orchestrationTrigger(instance, history));
    const result = extension(history, answer, {
      orchestrator: orchestrator.name,
      instanceId: id,
      executionId,
      parentId: undefined,
      hasActivity: (name) => name in world.activities,
      hasOrchestrator: () => false,
    });
    statuses.push(JSON.parse(result.customStatus ?? "null"));
    if (result.completion) {
      if (result.completion.status !== "Completed")
        throw new Error(`the instance ${result.completion.status}: ${result.completion.result}`);
      return {
        output: JSON.parse(result.completion.result ?? "null") as Output,
        calls,
        inputs,
        statuses,
        seconds: (now - start) / 1000,
        stored: JSON.stringify([history, statuses, result.completion]),
      };
    }
    if (result.stuck) throw new Error(`the instance can never move again: ${result.stuck}`);
    messages = [];
    for (const action of result.actions) {
      if (action.kind === "timer") {
        const fireAt = ticks(action.fireAt);
        history.push(historyEvent({ EventType: 10, EventId: action.id, FireAt: fireAt }, at));
        due.push({
          at: Math.max(now, action.fireAt.getTime()),
          event: { EventType: 11, TimerId: action.id, FireAt: fireAt },
        });
      } else if (action.kind === "activity") {
        history.push(
          historyEvent({ EventType: 4, EventId: action.id, Name: action.name, Version: "", Input: null }, at),
        );
        messages.push(resultOf(action.id, () => act(action.name, action.input)));
      } else {
        throw new Error("this product has no sub-orchestrations");
      }
    }
    history.push(historyEvent({ EventType: 13 }, at));
    if (messages.length === 0) {
      const next = Math.min(...due.map((one) => one.at));
      if (!Number.isFinite(next)) throw new Error("nothing is left that could happen");
      now = Math.max(now, next);
      messages = due.filter((one) => one.at <= now).map(({ event }) => event);
      due.splice(0, due.length, ...due.filter((one) => one.at > now));
    }
  }
  throw new Error(`not finished after ${mostTurns} turns`);
}

function resultOf(taskId: number, act: () => unknown): BareEvent {
  try {
    return { EventType: 5, TaskScheduledId: taskId, Result: JSON.stringify(act() ?? null) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      EventType: 6,
      TaskScheduledId: taskId,
      Reason: `Activity function 'x' failed:  ${message}`,
      Details: "{}",
      FailureDetails: null,
    };
  }
}

/** The trigger's input goes through JSON, as on the wire. */
async function ask(run: ReturnType<typeof createOrchestrator>, payload: string): Promise<Answer> {
  try {
    const state: unknown = await run(JSON.parse(payload), new df.DummyOrchestrationContext());
    return { state: JSON.parse(JSON.stringify(state)) as OrchestratorState, thrown: false };
  } catch (error) {
    return orchestratorThrew(error instanceof Error ? error.message : String(error), "");
  }
}
