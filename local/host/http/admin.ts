import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppProcess, Invocation } from "../appProcess.ts";
import { triggerOf } from "../durable/functions.ts";
import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { FunctionMetadata } from "../worker/messages.ts";
import type { HttpFunction } from "./routes.ts";
import { readBody } from "./rpcHttp.ts";
import { sendJson } from "./server.ts";

export interface AdminContext {
  readonly app: AppProcess;
  readonly origin: () => string;
  readonly http: () => readonly HttpFunction[];
  readonly clientInputs: (metadata: FunctionMetadata) => Invocation["inputs"];
  readonly log: Log;
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
  return app.functions().map((metadata) => {
    const route = http().find((entry) => entry.metadata.id === metadata.id);
    return {
      name: metadata.name,
      href: `${origin()}/admin/functions/${metadata.name}`,
      language: "node",
      isDisabled: false,
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
  const { app, log, clientInputs } = context;
  const metadata = app.functions().find((one) => one.name.toLowerCase() === name);
  const binding = metadata && triggerOf(metadata);
  if (!metadata || !binding) return sendJson(response, 404);
  const input = inputOf((await readBody(request)).toString());
  if (input === undefined) return sendJson(response, 400, { Message: 'The body must be {"input": "<text>"}' });
  if (binding.type === "httpTrigger" || binding.type === "orchestrationTrigger") {
    return sendJson(response, 400, { Message: `A function with a ${binding.type} cannot be started this way` });
  }
  const inputs = [
    { name: binding.name, data: binding.type === "timerTrigger" ? timer() : { string: input } },
    ...clientInputs(metadata),
  ];
  log.write(
    "information",
    `Function.${metadata.name}`,
    "Executing (Reason='This function was programmatically called via the host APIs.')",
  );
  app.invoke({ functionName: metadata.id, inputs }).then(
    () => {
      log.write("information", `Function.${metadata.name}`, "Executed (Succeeded)");
    },
    (error: unknown) => {
      log.write("error", `Function.${metadata.name}`, `Executed (Failed): ${messageOf(error)}`);
    },
  );
  return sendJson(response, 202);
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

/** A timer that is run by hand is not past due, and its schedule has no state. */
function timer(): { readonly json: string } {
  return { json: JSON.stringify({ Schedule: { AdjustForDST: true }, ScheduleStatus: null, IsPastDue: false }) };
}
