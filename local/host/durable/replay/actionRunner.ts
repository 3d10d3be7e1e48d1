import { ActionType, type Action, type Answer, type DurableHttpRequest, type RetryOptions } from "./actions.ts";
import { hazards, type Hazard } from "./hazards.ts";
import { jsonOrNull } from "./json.ts";
import { httpActivity, httpPollingInMs, longestTimerInMs, timerLegInMs } from "./limits.ts";
import type { ReplayState } from "./replayState.ts";
import { run, SyncTask, whenAll, whenAny, type Steps } from "./syncTask.ts";

const customStatusLimitInBytes = 16 * 1024;

/** What a replay must know of the app and of the instance. Names are compared without case. */
export interface Surroundings {
  readonly orchestrator: string;
  readonly instanceId: string;
  readonly executionId: string;
  readonly parentId: string | undefined;
  /** Of children that are called without one; none unless given. */
  readonly defaultVersion?: string;
  /** 30 s unless given. */
  readonly httpPollingInMs?: number | undefined;
  /** How many activities, children and timers may be asked for; any number unless given. */
  readonly maxActions?: number | undefined;
  readonly hasActivity: (name: string) => boolean;
  readonly hasOrchestrator: (name: string) => boolean;
}

/** An action that is only waited for, whatever becomes of it. */
export interface Pending {
  readonly action: Action;
  readonly task: SyncTask;
  /** Whether the code has gone on to a later action. */
  readonly passed: boolean;
}

export class OrchestratorFailure extends Error {
  readonly details: string;
  constructor(message: string, details: string) {
    super(message);
    this.details = details;
  }
}

/** The extension's side of out-of-process orchestrations: carries out the whole action list against the replay context. */
export class ActionRunner {
  /** What was refused or given up without a word. */
  readonly hazards: Hazard[] = [];
  /** Whether a timer that goes in legs was cancelled: with more than one leg in history, the replay goes wrong. */
  canceledLong = false;
  /** What the extension's side waits for at the moment. */
  pending: Pending | undefined;
  /** JSON text. */
  customStatus: string | null = null;
  readonly #context: ReplayState;
  readonly #around: Surroundings;
  /** Tasks of the parts of a Task.all, to see which of them hold it back. */
  readonly #parts = new Map<SyncTask, SyncTask[]>();
  #refusals = 0;
  #scheduled = 0;
  /** As in the extension, one flag for all timers: set by a long one, cleared when any timer has ended. */
  #longTimer = false;

  constructor(context: ReplayState, around: Surroundings) {
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
    refuseDates(actions);
    // What fails is the code's affair: here every action is only waited for.
    for (const [index, action] of actions.entries()) {
      const task = this.#invoke(action);
      this.pending = { action, task, passed: index < actions.length - 1 };
      yield whenAny([task]);
    }
    this.pending = undefined;
    if (error) throw new OrchestratorFailure(error, `Message: ${error}, StackTrace: `);
    if (!isDone) yield new SyncTask();
    return jsonOrNull(output);
  }

  #invoke(action: Action): SyncTask {
    switch (action.actionType) {
      case ActionType.CallActivity:
        return this.#activity(action.functionName, action.input);
      case ActionType.CallActivityWithRetry:
        return this.#retried(
          action.functionName,
          () => this.#activity(action.functionName, action.input),
          action.retryOptions,
        );
      case ActionType.CallSubOrchestrator:
        return this.#child(action);
      case ActionType.CallSubOrchestratorWithRetry:
        return this.#retried(action.functionName, () => this.#child(action), action.retryOptions);
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
        return this.#all(action.compoundActions);
      default:
        throw new Error(
          `Durable entities and critical sections are not supported by this host (action type ${action.actionType})`,
        );
    }
  }

  #all(actions: readonly Action[]): SyncTask {
    const parts = actions.map((one) => this.#invoke(one));
    const all = whenAll(parts);
    this.#parts.set(all, parts);
    return all;
  }

  /** The parts of a Task.all that hold it back, when one has failed: the code has seen the failure already. */
  failedFast(): readonly Action[] {
    const { action, task } = this.pending ?? {};
    const parts = task && !task.outcome ? (this.#parts.get(task) ?? []) : [];
    if (!action || !("compoundActions" in action) || !parts.some(({ outcome }) => outcome?.ok === false)) return [];
    return action.compoundActions.filter((_, index) => !parts[index]?.outcome);
  }

  /** Beyond the limit the extension throws where nobody looks. */
  #schedule(action: Parameters<ReplayState["schedule"]>[0]): SyncTask {
    const { maxActions = Infinity } = this.#around;
    if (this.#scheduled >= maxActions) return this.#refuse(hazards.tooManyActions(maxActions));
    this.#scheduled += 1;
    return this.#context.schedule(action);
  }

  #activity(name: string, input: unknown): SyncTask {
    if (!this.#around.hasActivity(name)) return this.#refuse(hazards.unknown("activity", name));
    return this.#schedule({ kind: "activity", name, input: JSON.stringify([input ?? null]) });
  }

  #child({
    functionName: name,
    instanceId,
    version = this.#around.defaultVersion ?? "",
    input,
  }: Extract<Action, { readonly actionType: 2 | 3 }>): SyncTask {
    const { hasOrchestrator, instanceId: own, parentId, executionId } = this.#around;
    if (!hasOrchestrator(name)) return this.#refuse(hazards.unknown("sub-orchestrator", name));
    const given = instanceId?.trim();
    const same = (id: string | undefined): boolean => id?.toLowerCase() === given?.toLowerCase();
    if (given && (same(own) || same(parentId))) return this.#refuse(hazards.ownId(name));
    if (given?.startsWith("@")) return this.#refuse(hazards.entityId(name));
    const id = given ? given : `${executionId}:${this.#context.nextId}`;
    return this.#schedule({ kind: "child", name, version, instanceId: id, input: jsonOrNull(input) });
  }

  #refuse(hazard: Hazard): SyncTask {
    this.hazards.push(hazard);
    this.#refusals += 1;
    const task = new SyncTask();
    task.reject(new Error(hazard.cause));
    return task;
  }

  #retried(name: string, attempt: () => SyncTask, options: RetryOptions): SyncTask {
    const { firstRetryIntervalInMilliseconds: first, maxRetryIntervalInMilliseconds: longest = 0 } = options;
    if (Math.max(first, longest) > longestTimerInMs) return this.#refuse(hazards.retryTooLong(name));
    if (options.maxNumberOfAttempts < 1) return this.#refuse(hazards.noAttempt(name));
    const before = this.#refusals;
    const task = attempt();
    // Unknown names are refused before the retries begin.
    return this.#refusals > before ? task : run(this.#retry(name, task, attempt, options));
  }

  *#retry(name: string, first: SyncTask, attempt: () => SyncTask, options: RetryOptions): Steps<unknown> {
    const { maxNumberOfAttempts, firstRetryIntervalInMilliseconds: interval, backoffCoefficient = 1 } = options;
    const { maxRetryIntervalInMilliseconds: longest = longestTimerInMs, retryTimeoutInMilliseconds: limit } = options;
    const expires = this.#context.now.getTime() + (limit ?? Infinity);
    for (let tries = 1, task = first; ; tries += 1, task = attempt()) {
      try {
        return yield task;
      } catch (error) {
        const last = tries >= maxNumberOfAttempts;
        if (!last && this.#context.now.getTime() >= expires) {
          this.hazards.push(hazards.retryTimedOut(name));
          throw error;
        }
        // After the last attempt comes a timer of no length: the SDK counts its id too.
        const delay = last ? 0 : Math.min(interval * backoffCoefficient ** (tries - 1), longest);
        yield this.#schedule({ kind: "timer", fireAt: this.#after(delay) });
        if (last) throw error;
      }
    }
  }

  /** A timer further away than `longestTimerInMs` goes in legs, and while one does, each other timer is looked at in the same way. */
  *#timer(fireAt: Date, canceled: boolean): Steps<unknown> {
    const left = (): number => fireAt.getTime() - this.#context.now.getTime();
    if (left() > longestTimerInMs) this.#longTimer = true;
    if (this.#longTimer && canceled) this.canceledLong = true;
    if (!this.#longTimer) yield this.#leg(fireAt, canceled);
    else {
      for (let next = left() > longestTimerInMs ? this.#after(timerLegInMs) : fireAt; left() > 0;) {
        yield this.#leg(next, canceled);
        next = left() < timerLegInMs ? fireAt : this.#after(timerLegInMs);
      }
    }
    this.#longTimer = false;
    return undefined;
  }

  #leg(fireAt: Date, canceled: boolean): SyncTask {
    const leg = this.#schedule({ kind: "timer", fireAt });
    if (canceled) this.#context.cancelTimer(leg);
    return leg;
  }

  /** An answer of 202 is followed until it is something else. Without a Location the extension stumbles only after its timer. */
  *#http(request: DurableHttpRequest): Steps<unknown> {
    for (let next = request; ;) {
      const input = JSON.stringify([next]);
      const result = yield this.#schedule({ kind: "activity", name: httpActivity, input });
      const { statusCode, headers } = JSON.parse(String(result)) as {
        statusCode: number;
        headers: Record<string, string | readonly string[]>;
      };
      const header = (name: string): string | undefined =>
        Object.entries(headers)
          .find(([key]) => key.toLowerCase() === name)?.[1]
          ?.toString();
      const location = header("location");
      if (statusCode !== 202 || request.asynchronousPatternEnabled === false) return result;
      const after = header("retry-after");
      if (after !== undefined && !/^\s*[+-]?\d+\s*$/.test(after)) {
        if (location) this.hazards.push(hazards.pollingHeader(after));
        throw new Error("Input string was not in a correct format.");
      }
      const delay = after === undefined ? (this.#around.httpPollingInMs ?? httpPollingInMs) : Number(after) * 1000;
      yield this.#schedule({ kind: "timer", fireAt: this.#after(delay) });
      if (!location) throw new Error("The given key 'Location' was not present in the dictionary.");
      next = { method: "GET", uri: location, ...(next.headers ? { headers: withoutKey(next.headers) } : {}) };
    }
  }

  #after(ms: number): Date {
    return new Date(this.#context.now.getTime() + ms);
  }
}

/** The answer is read as a whole before anything of it is done: a date that .NET does not have fails it. */
function refuseDates(actions: readonly Action[], path = "actions[0]"): void {
  for (const [index, action] of actions.entries()) {
    const at = `${path}[${index}]`;
    if ("compoundActions" in action) refuseDates(action.compoundActions, `${at}.compoundActions`);
    if (action.actionType !== ActionType.CreateTimer || /^\d{4}-/.test(String(action.fireAt))) continue;
    const what =
      typeof action.fireAt === "string"
        ? `Could not convert string to DateTime: ${action.fireAt}`
        : "Error converting value {null} to type 'System.DateTime'";
    throw new Error(`${what}. Path '${at}.fireAt'.`);
  }
}

function settled(): SyncTask {
  const task = new SyncTask();
  task.resolve(undefined);
  return task;
}

function withoutKey(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
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
