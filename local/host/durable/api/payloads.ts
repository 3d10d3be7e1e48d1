import type { InstanceState } from "../engine/instances.ts";
import { eventNames, EventType, statusNames, type HistoryEvent, type RuntimeStatus } from "../replay/history.ts";
import { parsed } from "../replay/json.ts";

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
