import { InvocationFailed, type AppProcess, type Invocation } from "../../appProcess.ts";
import { messageOf } from "../../errors.ts";
import { triggerOf, type Binding, type FunctionMetadata } from "../../worker/messages.ts";
import type { DurableHttpRequest } from "../replay/actions.ts";
import { EventType, type BareEvent } from "../replay/history.ts";
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
import type { ActivityWork } from "./store.ts";

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
export function durableFunctions(app: AppProcess, clientInputs: ClientInputs): Functions {
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
      const inputs = [{ name: found.binding.name, data: { string: orchestrationTrigger(instance, history) } }];
      try {
        const { returnValue, shared } = await app.invoke({ functionName: found.metadata.id, inputs });
        return { ...orchestratorReturned(returnValue), ...(shared ? { shared } : {}) };
      } catch (error) {
        if (error instanceof InvocationFailed) return orchestratorThrew(error.message, error.appStack);
        throw error;
      }
    },
    async perform(work) {
      const TaskScheduledId = work.taskId;
      try {
        const Result = work.name === httpActivity ? await callHttp(work) : await runActivity(app, clientInputs, work);
        return { EventType: EventType.TaskCompleted, TaskScheduledId, Result };
      } catch (error) {
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

/** The built-in activity behind `callHttp`. Content headers are not among those answered, as on the platform. */
async function callHttp({ input }: ActivityWork): Promise<string> {
  const [request] = JSON.parse(input ?? "[]") as [DurableHttpRequest];
  if (request.tokenSource) throw new InvocationFailed("callHttp with a tokenSource is not supported by this host", "");
  const { content } = request;
  const headers = new Headers(request.headers);
  if (content !== undefined && !headers.has("content-type")) headers.set("content-type", "text/plain");
  try {
    const body = content === undefined ? {} : { body: content };
    const response = await fetch(request.uri, { method: request.method, headers, redirect: "manual", ...body });
    const transport = /^(content-.*|connection|date|keep-alive|transfer-encoding|expires|last-modified|allow)$/;
    const kept = [...response.headers].filter(([name]) => !transport.test(name));
    return JSON.stringify({
      statusCode: response.status,
      headers: Object.fromEntries(kept),
      content: await response.text(),
    });
  } catch (error) {
    throw new InvocationFailed(messageOf(error), "");
  }
}
