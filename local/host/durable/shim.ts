import {
  ActionType,
  jsonOrNull,
  type Action,
  type DurableHttpRequest,
  type OrchestratorState,
  type RetryOptions,
} from "./actions.ts";
import type { ReplayContext } from "./context.ts";
import { run, SyncTask, whenAll, whenAny, type Steps } from "./syncTask.ts";

export const httpActivity = "BuiltIn::HttpActivity";
const dayInMs = 86_400_000;
/** A timer further away than this goes in legs (the limit of Azure Storage queues). */
export const longestTimerInMs = 6 * dayInMs;
export const timerLegInMs = 3 * dayInMs;
export const httpPollingInMs = 30_000;
const customStatusLimitInBytes = 16 * 1024;

/** What the shim must know of the app and of the instance. Names are compared without case. */
export interface Surroundings {
  readonly orchestrator: string;
  readonly instanceId: string;
  readonly executionId: string;
  readonly parentId: string | undefined;
  readonly hasActivity: (name: string) => boolean;
  readonly hasOrchestrator: (name: string) => boolean;
}

/** The worker's answer of an episode, or the failure it reported without one. */
export type Answer = { readonly state: OrchestratorState; readonly thrown: boolean } | { readonly failure: string };

export class OrchestratorFailure extends Error {
  readonly details: string;
  constructor(message: string, details: string) {
    super(message);
    this.details = details;
  }
}

export interface Shim {
  readonly run: (answer: Answer) => SyncTask<string | null>;
  /** Calls that were refused without a word: the reason an instance may wait for ever. */
  readonly refused: string[];
  readonly customStatus: () => string | null;
}

/** The extension's side of out-of-process orchestrations: carries out the whole action list against the replay context. */
export function createShim(context: ReplayContext, around: Surroundings): Shim {
  const refused: string[] = [];
  let customStatus: string | null = null;

  function* steps(answer: Answer): Steps<string | null> {
    if ("failure" in answer) throw new Error(answer.failure);
    const { state } = answer;
    if (state.customStatus !== undefined && state.customStatus !== null) customStatus = checked(state.customStatus);
    const [actions, ...more] = state.actions;
    if (!actions || more.length > 0) {
      throw new Error(
        "With OOProc schema V3, expected actions array to be of length 1 in outer layer but got " +
          `size: ${state.actions.length}`,
      );
    }
    for (const action of actions) yield whenAny([invoke(action)]);
    if (state.error) {
      throw new OrchestratorFailure(state.error, `Message: ${state.error}, StackTrace: `);
    }
    if (!state.isDone) yield new SyncTask();
    return jsonOrNull(state.output);
  }

  function invoke(action: Action): SyncTask {
    switch (action.actionType) {
      case ActionType.CallActivity:
        return activity(action.functionName, action.input);
      case ActionType.CallActivityWithRetry:
        return retried(() => activity(action.functionName, action.input), action.retryOptions);
      case ActionType.CallSubOrchestrator:
        return child(action);
      case ActionType.CallSubOrchestratorWithRetry:
        return retried(() => child(action), action.retryOptions);
      case ActionType.ContinueAsNew:
        context.continuation = { input: jsonOrNull(action.input), carryOver: [] };
        return settled();
      case ActionType.CreateTimer:
        return run(timer(new Date(action.fireAt), action.isCanceled));
      case ActionType.WaitForExternalEvent:
        return context.waitFor(action.externalEventName);
      case ActionType.CallHttp:
        return run(http(action.httpRequest));
      case ActionType.WhenAny:
        return whenAny(action.compoundActions.map(invoke));
      case ActionType.WhenAll:
        return whenAll(action.compoundActions.map(invoke));
      default:
        throw new Error(
          "Durable entities and critical sections are not supported by this host (action type " +
            `${action.actionType})`,
        );
    }
  }

  function activity(name: string, input: unknown): SyncTask {
    if (!around.hasActivity(name)) return refuse(`it calls the activity "${name}", which is not registered`);
    return context.schedule({ kind: "activity", name, input: JSON.stringify([input ?? null]) });
  }

  function child(action: Extract<Action, { readonly actionType: 2 | 3 }>): SyncTask {
    const { functionName: name } = action;
    if (!around.hasOrchestrator(name))
      return refuse(`it calls the sub-orchestrator "${name}", which is not registered`);
    const given = action.instanceId?.trim();
    if (given && (given === around.instanceId || given === around.parentId)) {
      return refuse(`it calls the sub-orchestrator "${name}" with the id of itself or of its parent`);
    }
    const instanceId = given ? given : `${around.executionId}:${context.nextId}`;
    return context.schedule({
      kind: "child",
      name,
      version: action.version ?? "",
      instanceId,
      input: jsonOrNull(action.input),
    });
  }

  function refuse(reason: string): SyncTask {
    refused.push(reason);
    const task = new SyncTask();
    task.reject(new Error(reason));
    return task;
  }

  function retried(attempt: () => SyncTask, options: RetryOptions): SyncTask {
    const refusals = refused.length;
    const first = attempt();
    // Unknown names are refused before the retries begin.
    return refused.length > refusals ? first : run(retry(first, attempt, options));
  }

  function* retry(first: SyncTask, attempt: () => SyncTask, options: RetryOptions): Steps<unknown> {
    const { maxNumberOfAttempts, firstRetryIntervalInMilliseconds: interval } = options;
    const {
      backoffCoefficient = 1,
      maxRetryIntervalInMilliseconds = longestTimerInMs,
      retryTimeoutInMilliseconds,
    } = options;
    const expires = context.now.getTime() + (retryTimeoutInMilliseconds ?? Infinity);
    for (let tries = 1, task = first; ; tries += 1, task = attempt()) {
      try {
        return yield task;
      } catch (error) {
        if (context.now.getTime() >= expires) throw error;
        const delay = Math.min(interval * backoffCoefficient ** (tries - 1), maxRetryIntervalInMilliseconds);
        const last = tries >= maxNumberOfAttempts;
        // After the last attempt comes a timer of no length: the SDK counts its id too.
        yield context.schedule({ kind: "timer", fireAt: after(last ? 0 : delay) });
        if (last) throw error;
      }
    }
  }

  function* timer(fireAt: Date, canceled: boolean): Steps<unknown> {
    do {
      const left = fireAt.getTime() - context.now.getTime();
      const leg = context.schedule({ kind: "timer", fireAt: left > longestTimerInMs ? after(timerLegInMs) : fireAt });
      if (canceled) context.cancelTimer(leg);
      yield leg;
    } while (context.now < fireAt);
    return undefined;
  }

  /** An answer of 202 with a Location is followed until it is something else. */
  function* http(request: DurableHttpRequest): Steps<unknown> {
    for (let next = request; ;) {
      const result = yield context.schedule({ kind: "activity", name: httpActivity, input: JSON.stringify([next]) });
      const { statusCode, headers } = JSON.parse(String(result)) as {
        statusCode: number;
        headers: Record<string, string>;
      };
      const header = (name: string): string | undefined =>
        Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
      const location = header("location");
      if (statusCode !== 202 || !location || request.asynchronousPatternEnabled === false) return result;
      const seconds = Number(header("retry-after") ?? NaN);
      yield context.schedule({
        kind: "timer",
        fireAt: after(Number.isNaN(seconds) ? httpPollingInMs : seconds * 1000),
      });
      next = { method: "GET", uri: location, ...(next.headers ? { headers: withoutKey(next.headers) } : {}) };
    }
  }

  const after = (ms: number): Date => new Date(context.now.getTime() + ms);
  return { run: (answer) => run(steps(answer)), refused, customStatus: () => customStatus };
}

function settled(): SyncTask {
  const task = new SyncTask();
  task.resolve(undefined);
  return task;
}

function withoutKey(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "x-functions-key"));
}

function checked(customStatus: unknown): string {
  const json = JSON.stringify(customStatus);
  const bytes = json.length * 2;
  if (bytes <= customStatusLimitInBytes) return json;
  throw new Error(
    `The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. The current payload size is ${Math.floor(bytes / 1024)} KB.`,
  );
}
