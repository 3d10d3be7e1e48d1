import { CoreModule } from "./coreModule.ts";
import { appHook, capabilities, describeThrown, invoke } from "./invoke.ts";
import { loadApp } from "./load.ts";
import { onLoopback } from "./loopback.ts";
import type { ToHost, ToWorker } from "./messages.ts";
import { moveDate } from "./virtualDate.ts";

/** The process an app runs in: started by the host, and gone with it. */
const core = new CoreModule((level, category, message) => {
  send({ kind: "log", level, category: `Worker.${category}`, message });
});
core.install();
let appFolder = "";

process.on("message", (message: ToWorker) => {
  if (message.kind === "load") void load(message);
  else if (message.kind === "invoke") {
    if (message.nowInMs !== undefined) moveDate(message.nowInMs);
    void answer(message.request);
  } else if (message.kind === "clock") moveDate(message.nowInMs);
  else void stop();
});
// A host that was killed cannot say stop; its end of the channel closes.
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole process group: the host decides when this process goes.
process.on("SIGINT", () => undefined);

async function load({ app, files, esModule }: Extract<ToWorker, { kind: "load" }>): Promise<void> {
  try {
    appFolder = app;
    await loadApp(app, files, esModule);
    if (!core.model) throw new Error('the app registered nothing: it must use "@azure/functions" 4');
    await appHook(core, "appStart", app);
    const { model } = core;
    const { HttpUri } = await onLoopback(() => capabilities(model));
    core.locked = true;
    // Through JSON, so that a function in somebody's options cannot stop the message.
    const functions = [...core.functions.values()].map(({ metadata }) => metadata);
    send({
      kind: "loaded",
      functions: JSON.parse(JSON.stringify(functions)) as typeof functions,
      hasHooks: core.hooks.preInvocation.length > 0,
      ...(HttpUri ? { httpUri: HttpUri } : {}),
    });
  } catch (error) {
    const { message } = describeThrown(error);
    process.send?.({ kind: "refused", message } satisfies ToHost, () => process.exit(1));
  }
}

async function answer(request: Extract<ToWorker, { kind: "invoke" }>["request"]): Promise<void> {
  const { invocationId } = request;
  try {
    const response = await invoke(core, request, (level, category, message) => {
      send({ kind: "log", level, category, message });
    });
    send({ kind: "invoked", invocationId, response });
  } catch (error) {
    send({ kind: "failed", invocationId, ...describeThrown(error) });
  }
}

async function stop(): Promise<void> {
  try {
    await appHook(core, "appTerminate", appFolder);
  } finally {
    process.exit(0);
  }
}

function send(message: ToHost): void {
  if (process.connected) process.send?.(message);
}
