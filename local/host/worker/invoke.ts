import type { CoreInvocation, CoreModule, ProgrammingModel } from "./coreModule.ts";
import type { InvocationRequest, InvocationResponse } from "./messages.ts";
import { giveHistory, keptHistories } from "./histories.ts";
import { sharedTasks } from "./sharedTasks.ts";

type Send = (level: string, category: string, message: string) => void;

/** Runs one invocation in the order of the Node worker: arguments, pre hooks, function, post hooks, response. */
export async function invoke(core: CoreModule, request: InvocationRequest, send: Send): Promise<InvocationResponse> {
  const registered = core.functions.get(request.functionId);
  if (!registered || !core.model) throw new Error(`Function "${request.functionId}" is not registered in this worker.`);
  const history = request.history && keptHistories.take(request.history);
  if (request.history && !history) return { historyForgotten: true };
  const { metadata, callback } = registered;
  const hookData: object = {};
  const category = `Function.${metadata.name}.User`;
  const invocation: CoreInvocation = {
    invocationId: request.invocationId,
    request,
    metadata,
    log: (level, source, message) => {
      log(core, send, hookData, { level, source, message, category, request });
    },
  };
  const model = core.model.getInvocationModel(invocation);
  const { context, inputs } = await model.getArguments();
  if (history) giveHistory(inputs[0], history);
  const shared = { hookData, appHookData, invocationContext: context };

  invocation.state = "preInvocationHooks";
  const before = { ...shared, functionCallback: callback, inputs };
  await core.run("preInvocation", before);

  invocation.state = "invocation";
  const after = { ...shared, inputs: before.inputs, result: null as unknown, error: null as unknown };
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error;
  }

  invocation.state = "postInvocationHooks";
  await core.run("postInvocation", after);
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- the app's own, whatever it is
  if (after.error !== null && after.error !== undefined) throw after.error;
  const repeated = sharedTasks(after.result);
  const response = await model.getResponse(context, after.result);
  return repeated.length > 0 ? { ...response, shared: repeated } : response;
}

/** Shared by all hooks of the process. */
const appHookData: object = {};
/** Shared by the hooks of the app's start and end. */
const appLevelHookData: object = {};

export async function appHook(core: CoreModule, name: "appStart" | "appTerminate", app: string): Promise<void> {
  await core.run(name, { hookData: appLevelHookData, appHookData, functionAppDirectory: app });
}

/** What the Node worker tells a library about itself, with what the library adds to it. */
export async function capabilities(model: ProgrammingModel): Promise<Record<string, string>> {
  const names = [
    "RawHttpBodyBytes",
    "RpcHttpTriggerMetadataRemoved",
    "RpcHttpBodyOnly",
    "IgnoreEmptyValuedRpcHttpHeaders",
    "UseNullableValueDictionaryForHttp",
    "WorkerStatus",
    "TypedDataCollection",
    "HandlesWorkerTerminateMessage",
  ];
  const defaults = Object.fromEntries(names.map((name) => [name, "true"]));
  return model.getCapabilities ? model.getCapabilities(defaults) : defaults;
}

interface Entry {
  readonly level: string;
  readonly source: string;
  readonly message: string;
  readonly category: string;
  readonly request: InvocationRequest;
}

/** A log hook may change message and level of what the user wrote; what it throws is swallowed. */
function log(
  core: CoreModule,
  send: Send,
  hookData: object,
  { level, source, message, category, request }: Entry,
): void {
  const entry = { hookData, appHookData, level, category: source, message, invocationContext: { ...request } };
  for (const hook of core.hooks.log) {
    try {
      hook(entry);
    } catch {
      // as the Node worker does: a broken log hook must not break the function
    }
  }
  if (source === "user") send(entry.level, category, entry.message);
  else send(level, category, message);
}

/** What is reported of a thrown value: a text as it is, an object as JSON, nothing as "Unknown error". */
export function describeThrown(thrown: unknown): { message: string; stack: string } {
  if (thrown instanceof Error) return { message: thrown.message, stack: thrown.stack ?? "" };
  if (thrown === null || thrown === undefined) return { message: "Unknown error", stack: "" };
  if (typeof thrown === "string") return { message: thrown, stack: "" };
  return { message: JSON.stringify(thrown) ?? typeof thrown, stack: "" };
}
