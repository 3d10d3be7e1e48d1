import { InvocationFailed, type AppProcess, type Invocation } from "../../appProcess.ts";
import type { AppChild } from "../../appChild.ts";
import { triggerOf, type Binding, type FunctionMetadata, type InvocationResponse } from "../../worker/messages.ts";
import { createCallHttp } from "../http/callHttp.ts";
import { DotNetException, textOf } from "../http/exception.ts";
import type { DurableHttpRequest } from "../replay/actions.ts";
import { EventType, type BareEvent, type HistoryEvent } from "../replay/history.ts";
import { httpActivity } from "../replay/limits.ts";
import type { Functions } from "./engine.ts";
import {
  activityFailure,
  activityInput,
  activityResult,
  orchestrationTrigger,
  orchestratorReturned,
  orchestratorThrew,
} from "./payloads.ts";
import type { InstanceState } from "./instances.ts";
import { SentHistories } from "./sentHistories.ts";
import type { ActivityWork } from "./store.ts";

/** So many events are sent whole each time: that costs less than to know what was sent. */
const shortHistory = 64;

interface Found {
  readonly metadata: FunctionMetadata;
  readonly binding: Binding;
}

/** Names are compared without case. */
function find(app: AppProcess, type: string, name: string): Found | undefined {
  for (const metadata of app.functions()) {
    const binding = triggerOf(metadata);
    if (binding?.type === type && metadata.name.toLowerCase() === name.toLowerCase()) return { metadata, binding };
  }
  return undefined;
}

type ClientInputs = (metadata: FunctionMetadata) => Invocation["inputs"];

/** Runs orchestrators and activities in the app's process. */
export function durableFunctions(
  app: AppProcess,
  clientInputs: ClientInputs,
  { httpPollingInMs }: { readonly httpPollingInMs: number },
): Functions {
  const sent = new WeakMap<AppChild, SentHistories>();
  const askOrchestrator = async (
    { metadata, binding }: Found,
    instance: InstanceState,
    history: readonly HistoryEvent[],
  ): Promise<InvocationResponse> => {
    await app.ready();
    const child = app.current();
    const isBeside = child !== undefined && !child.hasHooks && history.length > shortHistory;
    const trigger = orchestrationTrigger(instance, history, {
      pollingInMs: httpPollingInMs,
      withHistory: !isBeside,
    });
    const invocation = { functionName: metadata.id, inputs: [{ name: binding.name, data: { string: trigger } }] };
    if (!isBeside) return app.invoke(invocation);
    const known = sent.get(child) ?? new SentHistories();
    sent.set(child, known);
    const key = `${instance.id} ${instance.executionId}`;
    const ask = async (): Promise<InvocationResponse> => {
      const answer = await app.invoke({ ...invocation, child, history: known.part(key, history) });
      if (!answer.historyForgotten) known.took(key, history);
      return answer;
    };
    const answer = await ask();
    if (!answer.historyForgotten) return answer;
    known.forget(key);
    return ask();
  };
  const callHttp = createCallHttp();
  return {
    hasActivity: (name) => name === httpActivity || find(app, "activityTrigger", name) !== undefined,
    hasOrchestrator: (name) => find(app, "orchestrationTrigger", name) !== undefined,
    orchestrators: () =>
      app
        .functions()
        .filter((metadata) => triggerOf(metadata)?.type === "orchestrationTrigger")
        .map(({ name }) => name),
    ready: app.ready,
    async orchestrate(instance, history) {
      const found = find(app, "orchestrationTrigger", instance.name);
      if (!found) return { failure: `The function '${instance.name}' doesn't exist` };
      try {
        const { returnValue, shared } = await askOrchestrator(found, instance, history);
        return { ...orchestratorReturned(returnValue), ...(shared ? { shared } : {}) };
      } catch (error) {
        if (error instanceof InvocationFailed) return orchestratorThrew(error.message, error.appStack);
        throw error;
      }
    },
    async perform(work) {
      const TaskScheduledId = work.taskId;
      try {
        const Result =
          work.name === httpActivity ? await callHttp(requestOf(work)) : await runActivity(app, clientInputs, work);
        return { EventType: EventType.TaskCompleted, TaskScheduledId, Result };
      } catch (error) {
        if (error instanceof DotNetException) return thrown(work, error);
        if (!(error instanceof InvocationFailed)) throw error;
        return failed(work, error);
      }
    },
  };
}

async function runActivity(app: AppProcess, clientInputs: ClientInputs, work: ActivityWork): Promise<string | null> {
  const found = find(app, "activityTrigger", work.name);
  if (!found) throw new InvocationFailed(`The activity function '${work.name}' is no longer registered`, "");
  const data = activityInput(work.input);
  const { returnValue } = await app.invoke({
    functionName: found.metadata.id,
    inputs: [{ name: found.binding.name, data }, ...clientInputs(found.metadata)],
    triggerMetadata: { instanceId: { string: work.instanceId }, data, [found.binding.name]: data },
  });
  return activityResult(returnValue);
}

function failed(work: ActivityWork, error: InvocationFailed): BareEvent {
  const failure = activityFailure(work.name, error.message, error.appStack);
  return { EventType: EventType.TaskFailed, TaskScheduledId: work.taskId, ...failure, FailureDetails: null };
}

function requestOf({ input }: ActivityWork): DurableHttpRequest {
  const [request] = JSON.parse(input ?? "[]") as [DurableHttpRequest];
  return request;
}

/** An activity of the extension itself fails without a label in front. Source: TaskActivityDispatcher.cs */
function thrown({ taskId }: ActivityWork, error: DotNetException): BareEvent {
  return {
    EventType: EventType.TaskFailed,
    TaskScheduledId: taskId,
    Reason: error.message,
    Details: `Unhandled exception while executing task: ${textOf(error)}`,
    FailureDetails: null,
  };
}
