import { randomUUID } from "node:crypto";
import { AppChild, WorkerLost } from "./appChild.ts";
import type { AppConfig } from "./config.ts";
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";
import type {
  FunctionMetadata,
  HistoryPart,
  InvocationRequest,
  InvocationResponse,
  RetryContext,
  TypedData,
} from "./worker/messages.ts";

export { InvocationFailed, WorkerLost } from "./appChild.ts";

export interface Invocation {
  readonly functionName: string;
  readonly inputs: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  readonly traceParent?: string;
  readonly retryContext?: RetryContext;
  /** A new GUID unless given. */
  readonly invocationId?: string;
  readonly history?: HistoryPart;
  /** The process to run it in, from `current()`; the current one unless given. */
  readonly child?: AppChild;
}

/** Finds the functions that are in error, and why; throws for an app that is no use. */
type Judge = (functions: readonly FunctionMetadata[]) => ReadonlyMap<FunctionMetadata, string>;

/** A process of the app, and what was found of its functions. */
interface Judged {
  readonly child: AppChild;
  readonly faults: ReturnType<Judge>;
  /** Those that run. */
  readonly functions: readonly FunctionMetadata[];
}

const longestPauseInMs = 5000;

/** The process the app runs in. A crash is reported and the process started again; invocations in it fail as WorkerLost. */
export class AppProcess {
  readonly #config: AppConfig;
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: Log;
  readonly #listeners: (() => void)[] = [];
  #judge: Judge = () => new Map();
  /** Those that still finish what they had begun when the app was loaded again. */
  readonly #retired = new Set<AppChild>();
  #child: AppChild | undefined;
  #functions: readonly FunctionMetadata[] = [];
  #faults: ReturnType<Judge> = new Map();
  #ready: Promise<void> = Promise.resolve();
  #closing = false;
  #nowInMs: number | undefined;

  private constructor(config: AppConfig, env: NodeJS.ProcessEnv, log: Log, nowInMs: number | undefined) {
    this.#config = config;
    this.#env = env;
    this.#log = log;
    this.#nowInMs = nowInMs;
  }

  /** Rejects with a HostError when the app cannot be loaded. `nowInMs`: what its Date says, if not the system's time. */
  static async start(
    config: AppConfig,
    env: NodeJS.ProcessEnv,
    log: Log,
    nowInMs: number | undefined = undefined,
  ): Promise<AppProcess> {
    const app = new AppProcess(config, env, log, nowInMs);
    app.#use(await app.#load());
    return app;
  }

  /** Those that are neither disabled nor in error. */
  functions(): readonly FunctionMetadata[] {
    return this.#functions;
  }

  /** Those that are in error, each with the reason. */
  faults(): ReadonlyMap<FunctionMetadata, string> {
    return this.#faults;
  }

  /** All the app registered. */
  registered(): readonly FunctionMetadata[] {
    return this.#child?.functions ?? [];
  }

  current(): AppChild | undefined {
    return this.#child;
  }

  /**
   * Throws what `judge` throws for the functions of now; from now on an app it throws for is not taken when it is loaded again.
   * Functions that it finds in error do not run.
   */
  holdTo(judge: Judge): void {
    this.#judge = judge;
    if (this.#child) this.#take(this.#judged(this.#child));
  }

  /** Calls back whenever the app was loaded again. */
  whenLoaded(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Moves the app's Date. */
  readonly setClock = (nowInMs: number): void => {
    this.#nowInMs = nowInMs;
    for (const child of [...this.#retired, ...(this.#child ? [this.#child] : [])]) child.setClock(nowInMs);
  };

  /** Whether any invocation runs. */
  get busy(): boolean {
    return [...this.#retired, ...(this.#child ? [this.#child] : [])].some(({ running }) => running > 0);
  }

  /** Called when nothing runs in a process any more. */
  whenIdle: () => void = () => undefined;

  /** Resolves when a process is there to take invocations. */
  readonly ready = (): Promise<void> => this.#ready;

  async invoke(invocation: Invocation): Promise<InvocationResponse> {
    await this.#ready;
    const child = invocation.child ?? this.#child;
    if (this.#closing || !child) throw new WorkerLost("the host is stopping");
    return child.invoke(requestFor(invocation));
  }

  /** Loads the app into a new process. What runs in the old one ends there; when loading fails the old one stays. */
  async reload(): Promise<void> {
    await this.#ready;
    try {
      const fresh = await this.#load();
      const old = this.#child;
      if (this.#closing) return void (await fresh.child.stop());
      this.#use(fresh);
      if (!old) return;
      this.#retired.add(old);
      void old.ended.then(() => this.#retired.delete(old));
      old.retire();
    } catch (error) {
      this.#log.error("the app could not be loaded again, and goes on as it was", error);
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    const children = [...this.#retired, ...(this.#child ? [this.#child] : [])];
    await Promise.all(children.map((child) => child.stop()));
  }

  async #load(): Promise<Judged> {
    const child = await AppChild.start(this.#config, this.#env, this.#log, this.#nowInMs);
    try {
      return this.#judged(child);
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  #judged(child: AppChild): Judged {
    const enabled = child.functions.filter(({ name }) => !isDisabled(name, this.#env));
    const faults = this.#judge(enabled);
    return { child, faults, functions: enabled.filter((one) => !faults.has(one)) };
  }

  #take({ faults, functions }: Judged): void {
    this.#faults = faults;
    this.#functions = functions;
  }

  #use(loaded: Judged): void {
    const { child } = loaded;
    this.#child = child;
    child.whenIdle = () => {
      this.whenIdle();
    };
    this.#take(loaded);
    for (const listener of this.#listeners) listener();
    void child.ended.then((how) => {
      if (!this.#closing && this.#child === child) this.#ready = this.#restart(how);
    });
  }

  async #restart(reason: string): Promise<void> {
    for (let delay = 100; ; delay = Math.min(delay * 2, longestPauseInMs)) {
      this.#log.error(`${reason}; starting it again`);
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (this.#closing) return;
      try {
        const loaded = await this.#load();
        if (this.#closing) await loaded.child.stop();
        else this.#use(loaded);
        return;
      } catch (error) {
        reason = messageOf(error);
      }
    }
  }
}

/** `AzureWebJobs.<name>.Disabled`, with underscores where dots cannot be. */
function isDisabled(name: string, env: NodeJS.ProcessEnv): boolean {
  const setting = `AzureWebJobs.${name}.Disabled`;
  return /^(true|1)$/i.test(env[setting] ?? env[setting.replaceAll(".", "_")] ?? "");
}

function requestFor(invocation: Invocation): InvocationRequest {
  const { functionName, inputs, triggerMetadata = {}, traceParent, retryContext, invocationId, history } = invocation;
  const hex = (length: number): string => randomUUID().replaceAll("-", "").slice(0, length);
  return {
    invocationId: invocationId ?? randomUUID(),
    functionId: functionName,
    inputData: inputs,
    triggerMetadata,
    traceContext: { traceParent: traceParent ?? `00-${hex(32)}-${hex(16)}-01`, traceState: "", attributes: {} },
    ...(retryContext ? { retryContext } : {}),
    ...(history ? { history } : {}),
  };
}
