import type { TypedData } from "../worker/messages.ts";
import type { OrchestratorState } from "./actions.ts";
import { EventType, eventNames, statusNames, type HistoryEvent, type Parent, type RuntimeStatus } from "./history.ts";
import { httpPollingInMs, longestTimerInMs, timerLegInMs, type Answer } from "./shim.ts";

/** Every JSON document the Durable extension hands to the worker or to a client is built here. */

/** What the store keeps of one instance. `input`, `customStatus` and `output` are JSON text; the output of a failure is plain text. */
export interface InstanceState {
  readonly id: string;
  readonly executionId: string;
  readonly name: string;
  readonly version: string;
  readonly input: string | null;
  readonly status: RuntimeStatus;
  readonly customStatus: string | null;
  readonly output: string | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly parent: Parent | null;
  readonly historyLength: number;
  /** How many events of the history an episode has taken; the others are new to the next one. */
  readonly consumed: number;
}

/** The orchestration trigger's input, schema V4. */
export function orchestrationTrigger(instance: InstanceState, history: readonly HistoryEvent[]): string {
  const started = history.find((event) => event.EventType === EventType.ExecutionStarted);
  return JSON.stringify({
    history,
    input: started?.EventType === EventType.ExecutionStarted ? parsed(started.Input) : null,
    instanceId: instance.id,
    isReplaying: started?.IsPlayed ?? false,
    parentInstanceId: instance.parent?.OrchestrationInstance.InstanceId ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: timeSpan(timerLegInMs),
    maximumShortTimerDuration: timeSpan(longestTimerInMs),
    defaultHttpAsyncRequestSleepTimeMillseconds: httpPollingInMs,
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

export interface Addresses {
  readonly hubName: string;
  /** Origin of the public API, no slash at the end. */
  readonly publicUrl: string;
  /** Origin of the API for the app's own client. */
  readonly rpcUrl: string;
}

/** Locally no key is checked; the URLs carry one because clients expect it. */
const key = "code=local";
export const managementPath = "/runtime/webhooks/durabletask";

/** The durableClient binding's input. */
export function durableClient(addresses: Addresses): string {
  const base = addresses.publicUrl + managementPath;
  const create = `${base}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: addresses.hubName,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${create}?${key}`,
      createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${key}`,
    },
    managementUrls: managementUrls("INSTANCEID", addresses),
    baseUrl: base,
    requiredQueryStringParameters: key,
    rpcBaseUrl: `${addresses.rpcUrl}/durabletask/`,
    httpBaseUrl: null,
    maxGrpcMessageSizeInBytes: null,
    grpcHttpClientTimeout: null,
  });
}

export function managementUrls(id: string, { publicUrl, hubName }: Addresses): Record<string, string> {
  const instance = `${publicUrl}${managementPath}/instances/${encodeURIComponent(id)}`;
  const query = `taskHub=${hubName}&connection=Storage&${key}`;
  return {
    id,
    statusQueryGetUri: `${instance}?${query}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${instance}?${query}`,
    restartPostUri: `${instance}/restart?${query}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
    resumePostUri: `${instance}/resume?reason={text}&${query}`,
  };
}

/** The answer to a start: all addresses but the one for rewinding. */
export function startAnswer(id: string, addresses: Addresses): Record<string, string> {
  return Object.fromEntries(Object.entries(managementUrls(id, addresses)).filter(([name]) => name !== "rewindPostUri"));
}

/** An instance as the management API shows it. */
export interface InstanceStatus {
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: RuntimeStatus;
  readonly input: unknown;
  readonly customStatus: unknown;
  readonly output: unknown;
  readonly createdTime: string;
  readonly lastUpdatedTime: string;
  /** Only where the history was asked for. */
  readonly historyEvents?: readonly Plain[];
}

export interface StatusView {
  readonly showInput: boolean;
  readonly showHistoryOutput?: boolean;
  readonly history?: readonly HistoryEvent[] | undefined;
}

export function statusAnswer(
  instance: InstanceState,
  { showInput, showHistoryOutput = false, history }: StatusView,
): InstanceStatus {
  return {
    name: instance.name,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: showInput ? parsed(instance.input) : null,
    customStatus: parsed(instance.customStatus),
    output: parsed(instance.output),
    createdTime: wholeSeconds(instance.createdAt),
    lastUpdatedTime: wholeSeconds(instance.updatedAt),
    ...(history ? { historyEvents: historyView(history, showInput, showHistoryOutput) } : {}),
  };
}

function wholeSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** JSON text as a value; text that is no JSON (a failure, a reason) as it is. */
function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

type Plain = Record<string, unknown>;
const completions = new Map<number, number>([
  [EventType.TaskCompleted, EventType.TaskScheduled],
  [EventType.TaskFailed, EventType.TaskScheduled],
  [EventType.SubOrchestrationInstanceCompleted, EventType.SubOrchestrationInstanceCreated],
  [EventType.SubOrchestrationInstanceFailed, EventType.SubOrchestrationInstanceCreated],
  [EventType.TimerFired, EventType.TimerCreated],
]);

/** Two scheduled events with one id, as a non-deterministic instance has them, cannot be shown. */
export class DuplicateKey extends Error {}

/** The history of a status: a scheduled event is merged into its completion, the turns' marks are left out. */
function historyView(history: readonly HistoryEvent[], showInput: boolean, showOutput: boolean): Plain[] {
  const scheduled = new Map<string, HistoryEvent>();
  for (const event of history) {
    if (event.EventType !== 4 && event.EventType !== 7) continue;
    const name = `${eventNames[event.EventType]}_${event.EventId}`;
    if (scheduled.has(name)) throw new DuplicateKey(`An item with the same key has already been added. Key: ${name}`);
    scheduled.set(name, event);
  }
  const merged = new Set<HistoryEvent>();
  const views = history.map((event): [HistoryEvent, Plain] => {
    const view: Plain = { ...event, EventType: eventNames[event.EventType] };
    if (event.EventType === EventType.ExecutionStarted) started(view);
    const before = completions.get(event.EventType);
    if (before !== undefined && "TaskScheduledId" in event) {
      const origin = scheduled.get(`${eventNames[before]}_${event.TaskScheduledId}`);
      if (origin && "Name" in origin) {
        merged.add(origin);
        view.ScheduledTime = origin.Timestamp.replace(/Z$/, "+00:00");
        view.FunctionName = origin.Name;
        view.Input = null;
      }
    }
    for (const name of ["EventId", "IsPlayed", "TaskScheduledId", "TimerId", "Version"]) delete view[name];
    if (!showInput && event.EventType !== EventType.EventRaised) delete view.Input;
    if ("Result" in event) view.Result = parsed(event.Result);
    if (!showOutput) delete view.Result;
    if ("OrchestrationStatus" in event) view.OrchestrationStatus = statusNames[event.OrchestrationStatus];
    return [event, view];
  });
  const marks: readonly number[] = [EventType.OrchestratorStarted, EventType.OrchestratorCompleted];
  return views.filter(([event]) => !merged.has(event) && !marks.includes(event.EventType)).map(([, view]) => view);
}

function started(view: Plain): void {
  view.FunctionName = view.Name;
  for (const name of ["OrchestrationInstance", "ParentInstance", "Name", "Tags"]) delete view[name];
}
