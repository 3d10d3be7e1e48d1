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
import { people, type Heard } from "../../src/activities/operationRow.ts";
import { standardOptions, type Orchestrator } from "../../src/durable/calls.ts";
import type { Started } from "../../src/durable/carry.ts";
import { answerOf, type Gate } from "../../src/durable/register.ts";

export interface World {
  /** Answers of the activities, by name; `call` counts from 0; a throw is told to history as a registered activity's is. */
  readonly activities: Readonly<Record<string, (input: never, call: number, at: Date) => unknown>>;
  /** External events, with the seconds after the start at which they are raised. */
  readonly events?: readonly { readonly after: number; readonly name: string }[];
  /** External events that arrive while the nth call of an activity runs, so that nobody waits for them. */
  readonly during?: readonly { readonly activity: string; readonly call: number; readonly name: string }[];
  /** When the instance is started; the beginning of 2026 unless told. */
  readonly startsAt?: Date;
}

export interface Run<Output> {
  readonly output: Output;
  /** `activity(seconds after the start)`, in order. */
  readonly calls: readonly string[];
  readonly inputs: readonly { readonly name: string; readonly input: unknown }[];
  /** Custom status after each turn. */
  readonly statuses: readonly unknown[];
  readonly seconds: number;
  /** Length of each generation's history. */
  readonly histories: readonly number[];
  /** Every history, the last generation's last. */
  readonly events: readonly (readonly HistoryEvent[])[];
  /** All that history and status hold, as text. */
  readonly stored: string;
}

/** Runs one recorded generation again; `told` is what the extension makes of today's code: an ending, or a complaint. */
export async function replayHistory<Input, Output>(
  orchestrator: Orchestrator<Input, Output>,
  history: readonly HistoryEvent[],
): Promise<{ readonly status: string; readonly result: string | null }> {
  const { completion, stuck } = await turn(orchestrator.name, generatorOf(orchestrator), history, newYear);
  return { status: completion?.status ?? "Running", result: completion?.result ?? stuck ?? null };
}

const newYear = Date.parse("2026-01-01T00:00:00.000Z");
const id = "instance";
const executionId = "execution";
const mostTurns = 5_000;

export async function replay<Input, Output>(
  orchestrator: Orchestrator<Input, Output>,
  input: Input,
  world: World,
): Promise<Run<Output>> {
  const start = world.startsAt?.getTime() ?? newYear;
  const run = generatorOf(orchestrator);
  const counts = new Map<string, number>();
  const calls: string[] = [];
  const inputs: { name: string; input: unknown }[] = [];
  const statuses: unknown[] = [];
  const due: { at: number; event: BareEvent }[] = (world.events ?? []).map(({ after, name }) => ({
    at: start + after * 1000,
    event: { EventType: 15, Name: name, Input: "null" },
  }));
  let history: HistoryEvent[] = [];
  const generations: HistoryEvent[][] = [];
  let now = start;
  const startedWith = (given: string): BareEvent => ({
    EventType: 0,
    OrchestrationInstance: { InstanceId: id, ExecutionId: executionId },
    ParentInstance: null,
    Name: orchestrator.name,
    Version: "",
    Input: given,
    Tags: null,
    ScheduledStartTime: null,
  });
  let messages: BareEvent[] = [startedWith(JSON.stringify({ input, carried: {} }))];

  const told = async (name: string, argument: never): Promise<unknown> => {
    const activity = world.activities[name];
    if (!activity) throw new Error(`no answer for the activity ${name}`);
    const call = counts.get(name) ?? 0;
    counts.set(name, call + 1);
    calls.push(`${name}(${(now - start) / 1000})`);
    inputs.push({ name, input: argument });
    return activity(argument, call, new Date(now));
  };
  // The gate listens to people as the activity of that name does, and is answered as that one.
  const gate: Gate<never, Heard, unknown> = {
    look: async (about) => (await told("lookAtOperation", about)) as Heard,
    isOpen: people.isOpen,
  };
  const act = async (name: string, given: string | null): Promise<unknown> => {
    const [argument] = JSON.parse(given ?? "[null]") as [never];
    const run = async (input: never): Promise<unknown> => told(name, input);
    return answerOf({ name, run, options: standardOptions }, argument, async () => undefined, gate);
  };

  for (let turns = 0; turns < mostTurns; turns += 1) {
    const at = new Date(now);
    history = [
      ...history.map(played),
      ...[{ EventType: 12 } as BareEvent, ...messages].map((event) => historyEvent(event, at)),
    ];
    const result = await turn(orchestrator.name, run, history, now);
    statuses.push(JSON.parse(result.customStatus ?? "null"));
    if (result.completion?.status === "ContinuedAsNew") {
      generations.push(history);
      history = [];
      // Timers go with the generation that set them; events that came meanwhile go on.
      due.splice(0, due.length, ...due.filter(({ event }) => event.EventType === 15));
      messages = [startedWith(result.completion.result ?? "null"), ...result.carryOver];
      continue;
    }
    if (result.completion) {
      if (result.completion.status !== "Completed")
        throw new Error(`the instance ${result.completion.status}: ${result.completion.result}`);
      return {
        output: JSON.parse(result.completion.result ?? "null") as Output,
        calls,
        inputs,
        statuses,
        seconds: (now - start) / 1000,
        histories: [...generations, history].map(({ length }) => length),
        events: [...generations, history],
        stored: JSON.stringify([generations, history, statuses, result.completion]),
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
        const call = counts.get(action.name) ?? 0;
        const meanwhile = (world.during ?? []).filter((one) => one.activity === action.name && one.call === call);
        messages.push(...meanwhile.map((one): BareEvent => ({ EventType: 15, Name: one.name, Input: "null" })));
        messages.push(await resultOf(action.id, action.name, () => act(action.name, action.input)));
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

type Generating = ReturnType<typeof createOrchestrator>;

function generatorOf<Input, Output>(orchestrator: Orchestrator<Input, Output>): Generating {
  return createOrchestrator(function* (context) {
    const { input, carried } = context.df.getInput<Started<Input>>();
    return yield* orchestrator.run(context, input, carried);
  });
}

/** One turn: the SDK replays the history with a fresh generator, the extension's half judges what it asks for. */
async function turn(name: string, run: Generating, history: readonly HistoryEvent[], now: number) {
  const instance = {
    id,
    executionId,
    name,
    version: "",
    input: null,
    status: "Running",
    customStatus: null,
    output: null,
    createdAt: newYear,
    updatedAt: now,
    parent: null,
    historyLength: history.length,
    consumed: 0,
  } as const;
  const answer = await ask(run, orchestrationTrigger(instance, history));
  return extension(history, answer, {
    orchestrator: name,
    instanceId: id,
    executionId,
    parentId: undefined,
    hasActivity: () => true,
    hasOrchestrator: () => false,
  });
}

async function resultOf(taskId: number, name: string, act: () => Promise<unknown>): Promise<BareEvent> {
  try {
    return { EventType: 5, TaskScheduledId: taskId, Result: JSON.stringify((await act()) ?? null) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      EventType: 6,
      TaskScheduledId: taskId,
      Reason: `Activity function '${name}' failed:  ${message}`,
      Details: "{}",
      FailureDetails: null,
    };
  }
}

/** The trigger's input goes through JSON, as on the wire. */
async function ask(run: Generating, payload: string): Promise<Answer> {
  try {
    const state: unknown = await run(JSON.parse(payload), new df.DummyOrchestrationContext());
    return { state: JSON.parse(JSON.stringify(state)) as OrchestratorState, thrown: false };
  } catch (error) {
    return orchestratorThrew(error instanceof Error ? error.message : String(error), "");
  }
}
