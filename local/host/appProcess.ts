import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { AppConfig } from "./config.ts";
import { HostError } from "./errors.ts";
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

/** The process the app runs in. A crash is reported and the process started again; invocations in it fail as WorkerLost. */
export interface AppProcess {
  readonly functions: () => readonly FunctionMetadata[];
  readonly invoke: (invocation: Invocation) => Promise<InvocationResponse>;
  /** Resolves when a process is ready to take invocations. */
  readonly ready: () => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Pending {
  readonly resolve: (response: InvocationResponse) => void;
  readonly reject: (error: Error) => void;
}

const graceInMs = 2000;

/** Starts the app; rejects with a HostError when it cannot be loaded. */
export async function startApp(config: AppConfig, env: NodeJS.ProcessEnv, log: Log): Promise<AppProcess> {
  const pending = new Map<string, Pending>();
  let closing = false;
  let functions: readonly FunctionMetadata[] = [];
  let child = spawn(config, env, log);
  const receive = (message: ToHost): void => {
    if (message.kind === "log") {
      log.write(isLogLevel(message.level) ? message.level : "information", message.category, message.message);
    } else if (message.kind === "invoked" || message.kind === "failed") {
      const call = pending.get(message.invocationId);
      pending.delete(message.invocationId);
      if (message.kind === "invoked") call?.resolve(message.response);
      else call?.reject(new InvocationFailed(message.message, message.stack));
    }
  };
  const watch = (process: ChildProcess): void => {
    process.on("message", receive);
    process.once("exit", (code, signal) => {
      const lost = new WorkerLost(`the app's process ended (${signal ?? `exit code ${code}`})`);
      for (const { reject } of pending.values()) reject(lost);
      pending.clear();
      if (!closing) ready = restart(lost.message);
    });
  };
  const restart = async (reason: string): Promise<void> => {
    for (let delay = 100; !closing; delay = Math.min(delay * 2, 5000)) {
      log.error(`${reason}; starting it again`);
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (closing) return;
      child = spawn(config, env, log);
      try {
        functions = await load(child, config);
        watch(child);
        return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
  };
  functions = await load(child, config);
  let ready: Promise<void> = Promise.resolve();
  watch(child);

  return {
    functions: () => functions,
    ready: () => ready,
    invoke: async (invocation) => {
      await ready;
      if (closing) throw new WorkerLost("the host is stopping");
      const request = requestFor(invocation);
      return new Promise((resolve, reject) => {
        pending.set(request.invocationId, { resolve, reject });
        child.send({ kind: "invoke", request } satisfies ToWorker, (error) => {
          if (error && pending.delete(request.invocationId)) reject(new WorkerLost(error.message));
        });
      });
    },
    close: async () => {
      closing = true;
      await stop(child);
    },
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
