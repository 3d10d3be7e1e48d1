import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { AppConfig } from "./config.ts";
import { HostError, messageOf } from "./errors.ts";
import { isLogLevel, type Log } from "./log.ts";
import type {
  FunctionMetadata,
  InvocationRequest,
  InvocationResponse,
  ToHost,
  ToWorker,
  TypedData,
} from "./worker/messages.ts";

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

export interface Invocation {
  readonly functionName: string;
  readonly inputs: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  readonly traceParent?: string;
}

interface Pending {
  readonly resolve: (response: InvocationResponse) => void;
  readonly reject: (error: Error) => void;
}

const graceInMs = 2000;
const longestPauseInMs = 5000;

/** The process the app runs in. A crash is reported and the process started again; invocations in it fail as WorkerLost. */
export class AppProcess {
  readonly #config: AppConfig;
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: Log;
  readonly #pending = new Map<string, Pending>();
  #child: ChildProcess | undefined;
  #functions: readonly FunctionMetadata[] = [];
  #ready: Promise<void> = Promise.resolve();
  #closing = false;

  private constructor(config: AppConfig, env: NodeJS.ProcessEnv, log: Log) {
    this.#config = config;
    this.#env = env;
    this.#log = log;
  }

  /** Rejects with a HostError when the app cannot be loaded. */
  static async start(config: AppConfig, env: NodeJS.ProcessEnv, log: Log): Promise<AppProcess> {
    const app = new AppProcess(config, env, log);
    await app.#begin();
    return app;
  }

  functions(): readonly FunctionMetadata[] {
    return this.#functions;
  }

  /** Resolves when a process is there to take invocations. */
  readonly ready = (): Promise<void> => this.#ready;

  async invoke(invocation: Invocation): Promise<InvocationResponse> {
    await this.#ready;
    const child = this.#child;
    if (this.#closing || !child) throw new WorkerLost("the host is stopping");
    const request = requestFor(invocation);
    return new Promise((resolve, reject) => {
      this.#pending.set(request.invocationId, { resolve, reject });
      child.send({ kind: "invoke", request } satisfies ToWorker, (error) => {
        if (error && this.#pending.delete(request.invocationId)) reject(new WorkerLost(error.message));
      });
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (this.#child) await stop(this.#child);
  }

  async #begin(): Promise<void> {
    const child = spawn(this.#config, this.#env, this.#log);
    this.#child = child;
    child.on("message", this.#receive);
    this.#functions = await load(child, this.#config);
    child.once("exit", (code, signal) => {
      const lost = new WorkerLost(`the app's process ended (${signal ?? `exit code ${code}`})`);
      for (const { reject } of this.#pending.values()) reject(lost);
      this.#pending.clear();
      if (!this.#closing) this.#ready = this.#restart(lost.message);
    });
  }

  async #restart(reason: string): Promise<void> {
    for (let delay = 100; ; delay = Math.min(delay * 2, longestPauseInMs)) {
      this.#log.error(`${reason}; starting it again`);
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (this.#closing) return;
      try {
        await this.#begin();
        return;
      } catch (error) {
        reason = messageOf(error);
      }
    }
  }

  readonly #receive = (message: ToHost): void => {
    if (message.kind === "log") {
      this.#log.write(isLogLevel(message.level) ? message.level : "information", message.category, message.message);
    } else if (message.kind === "invoked" || message.kind === "failed") {
      const call = this.#pending.get(message.invocationId);
      this.#pending.delete(message.invocationId);
      if (message.kind === "invoked") call?.resolve(message.response);
      else call?.reject(new InvocationFailed(message.message, message.stack));
    }
  };
}

function requestFor({ functionName, inputs, triggerMetadata = {}, traceParent }: Invocation): InvocationRequest {
  const hex = (length: number): string => randomUUID().replaceAll("-", "").slice(0, length);
  return {
    invocationId: randomUUID(),
    functionId: functionName,
    inputData: inputs,
    triggerMetadata,
    traceContext: { traceParent: traceParent ?? `00-${hex(32)}-${hex(16)}-01`, traceState: "", attributes: {} },
  };
}

function spawn(config: AppConfig, env: NodeJS.ProcessEnv, log: Log): ChildProcess {
  const child = fork(join(import.meta.dirname, "worker/main.ts"), [], {
    cwd: config.app,
    env,
    serialization: "advanced",
    execArgv: ["--disable-warning=ExperimentalWarning"],
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
function load(child: ChildProcess, { app, main, esModule }: AppConfig): Promise<readonly FunctionMetadata[]> {
  return new Promise((resolve, reject) => {
    const settle = (message: ToHost): void => {
      if (message.kind === "loaded") resolve(message.functions);
      else if (message.kind === "refused") reject(new HostError(`${app}: ${firstLine(message.message)}`));
      else return;
      child.off("message", settle);
    };
    child.on("message", settle);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      reject(new HostError(`${app}: the app's process ended while loading (${signal ?? `exit code ${code}`})`));
    });
    child.send({ kind: "load", app, main, esModule } satisfies ToWorker);
  });
}

/** Node puts the whole chain of modules below a "Cannot find module". */
function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const impatient = setTimeout(() => child.kill("SIGKILL"), graceInMs);
    child.once("exit", () => {
      clearTimeout(impatient);
      resolve();
    });
    if (child.connected) child.send({ kind: "stop" } satisfies ToWorker);
    else child.kill("SIGKILL");
  });
}
