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

/** The extension's side of out-of-process orchestrations: carries out the whole action list against the replay context. */
export class Shim {
  /** Calls that were refused without a word: the reason an instance may wait for ever. */
  readonly refused: string[] = [];
  /** JSON text. */
  customStatus: string | null = null;
  readonly #context: ReplayContext;
  readonly #around: Surroundings;

  constructor(context: ReplayContext, around: Surroundings) {
    this.#context = context;
    this.#around = around;
  }

  run(answer: Answer): SyncTask<string | null> {
    return run(this.#steps(answer));
  }

  *#steps(answer: Answer): Steps<string | null> {
    if ("failure" in answer) throw new Error(answer.failure);
    const { customStatus, actions: generations, error, isDone, output } = answer.state;
    if (customStatus !== undefined && customStatus !== null) this.customStatus = checked(customStatus);
    const [actions, ...more] = generations;
    if (!actions || more.length > 0) {
      const size = generations.length;
      throw new Error(
        `With OOProc schema V3, expected actions array to be of length 1 in outer layer but got size: ${size}`,
      );
    }
    // What fails is the code's affair: here every action is only waited for.
    for (const action of actions) yield whenAny([this.#invoke(action)]);
    if (error) throw new OrchestratorFailure(error, `Message: ${error}, StackTrace: `);
    if (!isDone) yield new SyncTask();
    return jsonOrNull(output);
  }

  #invoke(action: Action): SyncTask {
    switch (action.actionType) {
      case ActionType.CallActivity:
        return this.#activity(action.functionName, action.input);
      case ActionType.CallActivityWithRetry:
        return this.#retried(() => this.#activity(action.functionName, action.input), action.retryOptions);
      case ActionType.CallSubOrchestrator:
        return this.#child(action);
      case ActionType.CallSubOrchestratorWithRetry:
        return this.#retried(() => this.#child(action), action.retryOptions);
      case ActionType.ContinueAsNew:
        this.#context.continuation = { input: jsonOrNull(action.input), carryOver: [] };
        return settled();
      case ActionType.CreateTimer:
        return run(this.#timer(new Date(action.fireAt), action.isCanceled));
      case ActionType.WaitForExternalEvent:
        return this.#context.waitFor(action.externalEventName);
      case ActionType.CallHttp:
        return run(this.#http(action.httpRequest));
      case ActionType.WhenAny:
        return whenAny(action.compoundActions.map((one) => this.#invoke(one)));
      case ActionType.WhenAll:
        return whenAll(action.compoundActions.map((one) => this.#invoke(one)));
      default:
        throw new Error(
          `Durable entities and critical sections are not supported by this host (action type ${action.actionType})`,
        );
    }
  }

  #activity(name: string, input: unknown): SyncTask {
    if (!this.#around.hasActivity(name))
      return this.#refuse(`it calls the activity "${name}", which is not registered`);
    return this.#context.schedule({ kind: "activity", name, input: JSON.stringify([input ?? null]) });
  }

  #child({
    functionName: name,
    instanceId,
    version = "",
    input,
  }: Extract<Action, { readonly actionType: 2 | 3 }>): SyncTask {
    const { hasOrchestrator, instanceId: own, parentId, executionId } = this.#around;
    if (!hasOrchestrator(name)) return this.#refuse(`it calls the sub-orchestrator "${name}", which is not registered`);
    const given = instanceId?.trim();
    if (given && (given === own || given === parentId)) {
      return this.#refuse(`it calls the sub-orchestrator "${name}" with the id of itself or of its parent`);
    }
    const id = given ? given : `${executionId}:${this.#context.nextId}`;
    return this.#context.schedule({ kind: "child", name, version, instanceId: id, input: jsonOrNull(input) });
  }

  #refuse(reason: string): SyncTask {
    this.refused.push(reason);
    const task = new SyncTask();
    task.reject(new Error(reason));
    return task;
  }

  #retried(attempt: () => SyncTask, options: RetryOptions): SyncTask {
    const before = this.refused.length;
    const first = attempt();
    // Unknown names are refused before the retries begin.
    return this.refused.length > before ? first : run(this.#retry(first, attempt, options));
  }

  *#retry(first: SyncTask, attempt: () => SyncTask, options: RetryOptions): Steps<unknown> {
    const { maxNumberOfAttempts, firstRetryIntervalInMilliseconds: interval, backoffCoefficient = 1 } = options;
    const { maxRetryIntervalInMilliseconds: longest = longestTimerInMs, retryTimeoutInMilliseconds: limit } = options;
    const expires = this.#context.now.getTime() + (limit ?? Infinity);
    for (let tries = 1, task = first; ; tries += 1, task = attempt()) {
      try {
        return yield task;
      } catch (error) {
        if (this.#context.now.getTime() >= expires) throw error;
        const last = tries >= maxNumberOfAttempts;
        // After the last attempt comes a timer of no length: the SDK counts its id too.
        const delay = last ? 0 : Math.min(interval * backoffCoefficient ** (tries - 1), longest);
        yield this.#context.schedule({ kind: "timer", fireAt: this.#after(delay) });
        if (last) throw error;
      }
    }
  }

  *#timer(fireAt: Date, canceled: boolean): Steps<unknown> {
    do {
      const far = fireAt.getTime() - this.#context.now.getTime() > longestTimerInMs;
      const leg = this.#context.schedule({ kind: "timer", fireAt: far ? this.#after(timerLegInMs) : fireAt });
      if (canceled) this.#context.cancelTimer(leg);
      yield leg;
    } while (this.#context.now < fireAt);
    return undefined;
  }

  /** An answer of 202 with a Location is followed until it is something else. */
  *#http(request: DurableHttpRequest): Steps<unknown> {
    for (let next = request; ;) {
      const input = JSON.stringify([next]);
      const result = yield this.#context.schedule({ kind: "activity", name: httpActivity, input });
      const { statusCode, headers } = JSON.parse(String(result)) as {
        statusCode: number;
        headers: Record<string, string>;
      };
      const header = (name: string): string | undefined =>
        Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
      const location = header("location");
      if (statusCode !== 202 || !location || request.asynchronousPatternEnabled === false) return result;
      const seconds = Number(header("retry-after") ?? NaN);
      const delay = Number.isNaN(seconds) ? httpPollingInMs : seconds * 1000;
      yield this.#context.schedule({ kind: "timer", fireAt: this.#after(delay) });
      next = { method: "GET", uri: location, ...(next.headers ? { headers: withoutKey(next.headers) } : {}) };
    }
  }

  #after(ms: number): Date {
    return new Date(this.#context.now.getTime() + ms);
  }
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
