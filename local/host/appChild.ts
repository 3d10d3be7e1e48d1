import { fork, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { filesOf, type AppConfig } from "./config.ts";
import { HostError } from "./errors.ts";
import { isLogLevel, type Log } from "./log.ts";
import { otherNode, ownNode, type AppNode } from "./node.ts";
import type { FunctionMetadata, InvocationRequest, InvocationResponse, ToHost, ToWorker } from "./worker/messages.ts";

/** The function threw, or its answer could not be used. `stack` is the app's. */
export class InvocationFailed extends Error {
  override readonly name = "InvocationFailed";
  readonly appStack: string;
  constructor(message: string, stack: string) {
    super(message);
    this.appStack = stack;
  }
}

/** The process ended before it answered: nothing is known about what the function did. */
export class WorkerLost extends Error {
  override readonly name = "WorkerLost";
}

interface Pending {
  readonly resolve: (response: InvocationResponse) => void;
  readonly reject: (error: Error) => void;
}

interface Loaded {
  readonly functions: readonly FunctionMetadata[];
  /** Where the app takes HTTP requests itself, when it asked for streams. */
  readonly httpUri?: string;
  readonly hasHooks: boolean;
}

const graceInMs = 2000;
/** So long the app's Date may lag behind virtual time while nothing of the host's runs in it. */
const soonInMs = 5;

/** One process with the app loaded in it, from its start to its end. */
export class AppChild {
  readonly functions: readonly FunctionMetadata[];
  readonly httpUri: string | undefined;
  /** Hooks of the app see what functions are called with. */
  readonly hasHooks: boolean;
  /** Resolves when the process has ended, with how. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #log: Log;
  readonly #timeout: AppConfig["functionTimeout"];
  readonly #pending = new Map<string, Pending>();
  #retiring = false;
  #nowInMs: number | undefined;
  #telling: NodeJS.Timeout | undefined;
  /** Called when nothing runs in it any more. */
  whenIdle: () => void = () => undefined;

  private constructor(child: ChildProcess, loaded: Loaded, log: Log, timeout: AppConfig["functionTimeout"]) {
    this.#child = child;
    this.#timeout = timeout;
    this.#log = log;
    this.functions = loaded.functions;
    this.httpUri = loaded.httpUri;
    this.hasHooks = loaded.hasHooks;
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        const how = `the app's process ended (${signal ?? `exit code ${code}`})`;
        for (const { reject } of this.#pending.values()) reject(new WorkerLost(how));
        this.#pending.clear();
        resolve(how);
      });
    });
    child.on("message", this.#receive);
  }

  /** Rejects with a HostError when the app cannot be loaded. */
  static async start(config: AppConfig, env: NodeJS.ProcessEnv, log: Log, nowInMs?: number): Promise<AppChild> {
    const files = filesOf(config);
    const node = config.node === undefined ? ownNode : await otherNode(config.node);
    const child = spawn(config, node, env, log);
    if (nowInMs !== undefined) child.send({ kind: "clock", nowInMs } satisfies ToWorker);
    const logging = (message: ToHost): void => {
      if (message.kind === "log") write(log, message);
    };
    child.on("message", logging);
    const loaded = await load(child, config, files);
    child.off("message", logging);
    return new AppChild(child, loaded, log, config.functionTimeout);
  }

  async invoke(request: InvocationRequest): Promise<InvocationResponse> {
    const late = this.#limit(request.functionId);
    try {
      return await this.#send(request);
    } finally {
      clearTimeout(late);
    }
  }

  /** Code that runs for too long can only be ended with its process, as on the platform. */
  #limit(functionId: string): NodeJS.Timeout | undefined {
    if (!this.#timeout) return undefined;
    const { text, inMs } = this.#timeout;
    return setTimeout(() => {
      const name = this.functions.find(({ id }) => id === functionId)?.name ?? functionId;
      this.#log.error(`Timeout value of ${text} was exceeded by function: Functions.${name}`);
      this.#child.kill("SIGKILL");
    }, inMs);
  }

  #send(request: InvocationRequest): Promise<InvocationResponse> {
    return new Promise((resolve, reject) => {
      this.#pending.set(request.invocationId, { resolve, reject });
      this.#child.send({ kind: "invoke", request, ...this.#untold() } satisfies ToWorker, (error) => {
        if (error && this.#pending.delete(request.invocationId)) reject(new WorkerLost(error.message));
      });
    });
  }

  /** Moves the app's Date: at once where something runs, else with the next invocation if that follows soon. */
  setClock(nowInMs: number): void {
    this.#nowInMs = nowInMs;
    if (this.#pending.size > 0) this.#tellTime();
    else this.#telling ??= setTimeout(this.#tellTime, soonInMs);
  }

  readonly #tellTime = (): void => {
    const { nowInMs } = this.#untold();
    if (nowInMs !== undefined && this.#child.connected) this.#child.send({ kind: "clock", nowInMs } satisfies ToWorker);
  };

  /** The time that the app has not heard yet; from now on it has. */
  #untold(): { readonly nowInMs?: number } {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    const nowInMs = this.#nowInMs;
    this.#nowInMs = undefined;
    return nowInMs === undefined ? {} : { nowInMs };
  }

  /** How many invocations run in it. */
  get running(): number {
    return this.#pending.size;
  }

  /** Stops the process once nothing runs in it any more. */
  retire(): void {
    this.#retiring = true;
    this.#stopWhenIdle();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const impatient = setTimeout(() => child.kill("SIGKILL"), graceInMs);
    if (child.connected) child.send({ kind: "stop" } satisfies ToWorker);
    else child.kill("SIGKILL");
    await this.ended;
    clearTimeout(impatient);
  }

  #stopWhenIdle(): void {
    if (this.#retiring && this.#pending.size === 0) void this.stop();
  }

  readonly #receive = (message: ToHost): void => {
    if (message.kind === "log") write(this.#log, message);
    else if (message.kind === "invoked" || message.kind === "failed") {
      const call = this.#pending.get(message.invocationId);
      this.#pending.delete(message.invocationId);
      if (message.kind === "invoked") call?.resolve(message.response);
      else call?.reject(new InvocationFailed(message.message, message.stack));
      this.#stopWhenIdle();
      if (this.#pending.size === 0) this.whenIdle();
    }
  };
}

function write(log: Log, { level, category, message }: Extract<ToHost, { kind: "log" }>): void {
  log.write(isLogLevel(level) ? level : "information", category, message);
}

function spawn(config: AppConfig, node: AppNode, env: NodeJS.ProcessEnv, log: Log): ChildProcess {
  const { script, execPath, execArgv } = node;
  const child = fork(script, [], {
    cwd: config.app,
    env,
    execPath,
    serialization: "advanced",
    execArgv: [...execArgv, ...config.nodeArguments],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  // A message to a process that is just ending fails here too; its exit says all there is to say.
  child.on("error", () => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on("line", (line) => {
      log.write("information", "Host.Function.Console", line);
    });
  }
  return child;
}

/** Sends the app's folder and waits for its functions. */
function load(child: ChildProcess, config: AppConfig, files: readonly string[]): Promise<Loaded> {
  const { app, esModule } = config;
  return new Promise((resolve, reject) => {
    const settle = (message: ToHost): void => {
      if (message.kind === "loaded") resolve(message);
      else if (message.kind === "refused") reject(new HostError(`${app}: ${firstLine(message.message)}`));
      else return;
      child.off("message", settle);
    };
    child.on("message", settle);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      reject(new HostError(`${app}: the app's process ended while loading (${signal ?? `exit code ${code}`})`));
    });
    child.send({ kind: "load", app, files, esModule } satisfies ToWorker);
  });
}

/** Node puts the whole chain of modules below a "Cannot find module". */
function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
