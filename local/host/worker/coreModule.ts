import Module from "node:module";
import type { FunctionMetadata } from "./messages.ts";

type Hook = (context: object) => unknown;
export type HookName = "preInvocation" | "postInvocation" | "appStart" | "appTerminate" | "log";
export type Callback = (...inputs: unknown[]) => unknown;

/** What one invocation is to the library; `state` decides whether a late log call is warned about. */
export interface CoreInvocation {
  readonly invocationId: string;
  readonly request: object;
  readonly metadata: object;
  state?: "preInvocationHooks" | "invocation" | "postInvocationHooks";
  readonly log: (level: string, category: string, message: string) => void;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: Callback): Promise<unknown>;
  getResponse(context: object, result: unknown): Promise<object>;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(invocation: CoreInvocation): InvocationModel;
  /** Not there in @azure/functions 4.1 and before. */
  getCapabilities?(defaults: Record<string, string>): Promise<Record<string, string>>;
}

export interface Registered {
  readonly metadata: FunctionMetadata;
  readonly callback: Callback;
}

const hookNames: readonly string[] = ["preInvocation", "postInvocation", "appStart", "appTerminate", "log"];

/** The app's registrations, as `@azure/functions` makes them through `@azure/functions-core`. One a process: the library keeps module state. */
export class CoreModule {
  readonly functions = new Map<string, Registered>();
  readonly hooks: Record<HookName, Hook[]> = {
    preInvocation: [],
    postInvocation: [],
    appStart: [],
    appTerminate: [],
    log: [],
  };
  model: ProgrammingModel | undefined;
  locked = false;
  readonly #log: (level: string, category: string, message: string) => void;

  constructor(log: (level: string, category: string, message: string) => void) {
    this.#log = log;
  }

  /** Makes `require("@azure/functions-core")` answer with this object, from every module. Call before the app is loaded. */
  install(): void {
    const api = this.#api();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the caller's own `this` below
    const original = Module.prototype.require;
    Module.prototype.require = function (this: NodeJS.Module, id: string): unknown {
      return id === "@azure/functions-core" ? api : original.call(this, id);
    } as NodeJS.Require;
  }

  /** Hooks run one after the other, each seeing what the ones before it changed. */
  async run(name: HookName, context: object): Promise<void> {
    for (const hook of this.hooks[name]) await hook(context);
  }

  #api(): object {
    return {
      version: "4.0.0",
      hostVersion: "4.1037.0",
      Disposable: DisposableRegistration,
      registerFunction: (metadata: Omit<FunctionMetadata, "id"> & { functionId?: string }, callback: Callback) =>
        this.#registerFunction(metadata, callback),
      registerHook: (name: string, hook: Hook) => this.#registerHook(name, hook),
      setProgrammingModel: (model: ProgrammingModel) => {
        this.model = model;
      },
      getProgrammingModel: () => this.model,
      log: this.#log,
    };
  }

  #registerFunction(
    metadata: Omit<FunctionMetadata, "id"> & { functionId?: string },
    callback: Callback,
  ): DisposableRegistration {
    if (this.locked) throw new Error("A function can only be registered during app startup.");
    const id = metadata.functionId ?? metadata.name;
    if (this.functions.has(id)) throw new Error(`A function with id "${id}" has already been registered.`);
    this.functions.set(id, { metadata: { ...metadata, id }, callback });
    return new DisposableRegistration(() => this.functions.delete(id));
  }

  #registerHook(name: string, hook: Hook): DisposableRegistration {
    if (!hookNames.includes(name)) {
      throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
    }
    const hooks = this.hooks[name as HookName];
    hooks.push(hook);
    return new DisposableRegistration(() => hooks.splice(hooks.indexOf(hook), 1));
  }
}

class DisposableRegistration {
  readonly #dispose: () => unknown;
  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }
  dispose(): void {
    this.#dispose();
  }
}
