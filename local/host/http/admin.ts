import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppProcess } from "../appProcess.ts";
import { activityInput } from "../durable/engine/payloads.ts";
import { eventRun } from "../triggers/eventGrid.ts";
import type { Run, Runner } from "../triggers/runner.ts";
import { triggerOf, type Binding, type FunctionMetadata, type TypedData } from "../worker/messages.ts";
import type { HttpFunction } from "./routes.ts";
import { readBody } from "./rpcHttp.ts";
import { sendJson } from "./server.ts";

export interface AdminContext {
  readonly app: AppProcess;
  readonly origin: () => string;
  readonly http: () => readonly HttpFunction[];
  readonly runner: Runner;
  /** What a timer function gets when it is run by hand. */
  readonly timerInput: (metadata: FunctionMetadata) => TypedData;
}

/** `/admin/host/status`, `/admin/host/ping`, `/admin/functions` and a manual run with `POST /admin/functions/{name}`. */
export async function admin(
  context: AdminContext,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [area, name, ...more] = path.toLowerCase().split("/");
  const { method } = request;
  if (more.length > 0) sendJson(response, 404);
  else if (area === "host" && name === "status" && method === "GET") {
    sendJson(response, 200, { id: "localhost", state: "Running", version: "4.1037.0.0" });
  } else if (area === "host" && name === "ping" && (method === "GET" || method === "POST")) sendJson(response, 200);
  else if (area === "functions" && name === undefined && method === "GET") sendJson(response, 200, list(context));
  else if (area === "functions" && name !== undefined && method === "POST") await run(context, name, request, response);
  else sendJson(response, 404);
}

function list({ app, http, origin }: AdminContext): object[] {
  const enabled = app.functions();
  return app.registered().map((metadata) => {
    const route = http().find((entry) => entry.metadata.id === metadata.id);
    return {
      name: metadata.name,
      href: `${origin()}/admin/functions/${metadata.name}`,
      language: "node",
      isDisabled: !enabled.includes(metadata) && !app.faults().has(metadata),
      invoke_url_template: route ? `${origin()}/${route.path}` : null,
      config: { bindings: Object.values(metadata.bindings) },
    };
  });
}

/** Starts a function by hand and answers at once; what becomes of it is in the log. */
async function run(
  context: AdminContext,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A disabled function can be run this way too, as on the platform.
  const faults = context.app.faults();
  const metadata = context.app.registered().find((one) => one.name.toLowerCase() === name && !faults.has(one));
  const binding = metadata && triggerOf(metadata);
  if (!metadata || !binding) return sendJson(response, 404);
  const input = inputOf((await readBody(request)).toString());
  if (input === undefined) return sendJson(response, 400, { Message: 'The body must be {"input": "<text>"}' });
  if (binding.type === "httpTrigger" || binding.type === "orchestrationTrigger") {
    return sendJson(response, 400, { Message: `A function with a ${binding.type} cannot be started this way` });
  }
  const inputs = byHand(context, metadata, binding, input);
  if (!inputs) return sendJson(response, 400, { Message: `The input must be JSON for a ${binding.type}` });
  const reason = "This function was programmatically called via the host APIs.";
  // The log has the outcome.
  context.runner.run(metadata, { ...inputs, reason }).catch(() => undefined);
  return sendJson(response, 202);
}

/** What the function gets; undefined when the input given cannot be read for it. */
function byHand(
  { timerInput }: AdminContext,
  metadata: FunctionMetadata,
  { type, name }: Binding,
  input: string,
): Pick<Run, "inputs" | "triggerMetadata"> | undefined {
  if (type === "timerTrigger") return { inputs: [{ name, data: timerInput(metadata) }] };
  try {
    if (type === "eventGridTrigger") return eventRun(metadata, JSON.parse(input) as Record<string, unknown>);
    const data = type === "activityTrigger" ? activityInput(`[${input || "null"}]`) : { string: input };
    return { inputs: [{ name, data }], triggerMetadata: { [name]: data } };
  } catch {
    return undefined;
  }
}

function inputOf(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== "object" || parsed === null) return undefined;
    const input = "input" in parsed ? parsed.input : "";
    return typeof input === "string" ? input : JSON.stringify(input);
  } catch {
    return undefined;
  }
}
