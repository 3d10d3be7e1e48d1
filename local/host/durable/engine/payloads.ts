import type { TypedData } from "../../worker/messages.ts";
import type { Answer, OrchestratorState } from "../replay/actions.ts";
import { EventType, type HistoryEvent } from "../replay/history.ts";
import { parsed } from "../replay/json.ts";
import { httpPollingInMs, longestTimerInMs, timerLegInMs } from "../replay/limits.ts";
import type { InstanceState } from "./instances.ts";

interface TriggerOptions {
  readonly pollingInMs?: number;
  /** Whether the history is in it, or goes beside it. */
  readonly withHistory?: boolean;
}

/** What the Durable extension hands to the worker, and reads in its answers. */
/** The orchestration trigger's input, schema V4. */
export function orchestrationTrigger(
  instance: InstanceState,
  history: readonly HistoryEvent[],
  { pollingInMs = httpPollingInMs, withHistory = true }: TriggerOptions = {},
): string {
  const started = history.find((event) => event.EventType === EventType.ExecutionStarted);
  return JSON.stringify({
    ...(withHistory ? { history } : {}),
    input: started?.EventType === EventType.ExecutionStarted ? parsed(started.Input) : null,
    instanceId: instance.id,
    isReplaying: started?.IsPlayed ?? false,
    parentInstanceId: instance.parent?.OrchestrationInstance.InstanceId ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: timeSpan(timerLegInMs),
    maximumShortTimerDuration: timeSpan(longestTimerInMs),
    defaultHttpAsyncRequestSleepTimeMillseconds: pollingInMs,
  });
}

function timeSpan(ms: number): string {
  return `${ms / 86_400_000}.00:00:00`;
}

const outOfProcLabel = "$OutOfProcData$:";

/** The orchestrator's answer: returned, or thrown with the state behind a label in the message. */
export function orchestratorReturned(value: TypedData | null | undefined): Answer {
  if (value?.json === undefined) return { failure: "The orchestrator function returned no state" };
  return { state: JSON.parse(value.json) as OrchestratorState, thrown: false };
}
export function orchestratorThrew(message: string, stack: string): Answer {
  const at = message.indexOf(outOfProcLabel);
  if (at < 0) return { failure: `One or more errors occurred. (${rpcException(message, stack)})` };
  return { state: JSON.parse(message.slice(at + outOfProcLabel.length)) as OrchestratorState, thrown: true };
}

function rpcException(message: string, stack: string): string {
  return `Result: Failure\nException: ${message}\nStack: ${stack}`;
}

/** `inputs` is the JSON text of the one-element array an activity is scheduled with. Booleans arrive as .NET writes them. */
export function activityInput(inputs: string | null): TypedData {
  const [input] = JSON.parse(inputs ?? "[null]") as unknown[];
  if (input === null || input === undefined) return {};
  if (typeof input === "boolean") return { string: input ? "True" : "False" };
  return { string: typeof input === "string" ? input : JSON.stringify(input) };
}

/** What history keeps of an activity's return value: JSON text, or null for nothing. */
export function activityResult(value: TypedData | null | undefined): string | null {
  if (!value) return null;
  if (value.json !== undefined) return JSON.stringify(JSON.parse(value.json));
  if (value.bytes !== undefined) return JSON.stringify(Buffer.from(value.bytes).toString("base64"));
  const plain = value.string ?? value.int ?? value.double;
  return plain === undefined ? null : JSON.stringify(plain);
}

/** With the name of the assembly that the recordings have: it is part of an error's text, which they are compared by. */
const rpcExceptionType = "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, gold3";

/** Reason and details of a failed activity, as cut from the worker's exception text: the two spaces are real. */
export function activityFailure(name: string, message: string, stack: string): { Reason: string; Details: string } {
  const [cut] = ` ${message}`.split("\nStack: ", 1);
  const inner = { $type: rpcExceptionType, Message: rpcException(message, stack), Data: null, InnerException: null };
  const outer = {
    $type: "System.Exception, System.Private.CoreLib",
    ClassName: "System.Exception",
    Message: cut,
    Data: null,
    InnerException: inner,
  };
  return { Reason: `Activity function '${name}' failed: ${cut}`, Details: JSON.stringify(outer) };
}
