import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AppProcess } from "../appProcess.ts";
import type { ApiAnswer, ApiRequest } from "../durable/api/messages.ts";
import { managementPath } from "../durable/api/payloads.ts";
import type { Log } from "../log.ts";
import type { WebhookAnswer, WebhookRequest } from "../triggers/eventGrid.ts";
import { admin, type AdminContext } from "./admin.ts";
import type { Match } from "./routes.ts";
import { BadRequest, BodyTooLarge, fromRpc, readBody, requestUrl, toRpc } from "./rpcHttp.ts";
import { headersOf, sendJson } from "./server.ts";
import { stream } from "./stream.ts";

type Api = (request: ApiRequest) => Promise<ApiAnswer>;

export interface ListenerContext extends AdminContext {
  readonly app: AppProcess;
  readonly api: Api;
  readonly find: (method: string, path: string) => Match | undefined;
  readonly log: Log;
  readonly bodyLimitInBytes: number;
  /** Go into every answer of a function. */
  readonly customHeaders: Readonly<Record<string, string>>;
  readonly eventGrid: (request: WebhookRequest) => Promise<WebhookAnswer>;
  /** Pages about the host itself; false when the path is none of them. */
  readonly inspect: (path: string, url: URL, request: IncomingMessage, response: ServerResponse) => boolean;
  /** Resolves when the host can answer. */
  readonly ready: () => Promise<void>;
}

/** The public address: admin, webhooks of the extensions, the app's routes, and pages about the host. */
export function publicListener(context: ListenerContext): RequestListener {
  return guarded(context, async (request, response) => {
    const url = requestUrl(request, "localhost");
    const path = url.pathname.slice(1);
    if (context.inspect(path, url, request, response)) return;
    if (under(path, "admin")) return admin(context, path.slice("admin/".length), request, response);
    const base = managementPath.slice(1);
    if (under(path, base)) return manage(context.api, url, path.slice(base.length + 1), request, response);
    if (under(path, "runtime/webhooks/eventgrid")) return deliver(context, url, request, response);
    const match = under(path, "runtime") ? undefined : context.find(request.method ?? "GET", path);
    if (!match) return sendJson(response, 404);
    for (const [name, value] of Object.entries(context.customHeaders)) response.setHeader(name, value);
    return call(context, match, url, request, response);
  });
}

/** The address only the app's own Durable client is told. */
export function clientListener(context: Pick<ListenerContext, "api" | "log" | "ready">): RequestListener {
  return guarded(context, async (request, response) => {
    const url = requestUrl(request, "127.0.0.1");
    const path = url.pathname.slice(1);
    if (!under(path, "durabletask")) return sendJson(response, 404);
    return manage(context.api, url, path.slice("durabletask/".length), request, response);
  });
}

function under(path: string, base: string): boolean {
  const given = path.toLowerCase();
  return given === base || given.startsWith(`${base}/`);
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function guarded({ log, ready }: Pick<ListenerContext, "log" | "ready">, handler: Handler): RequestListener {
  return (request, response) => {
    ready()
      .then(() => handler(request, response))
      .catch((error: unknown) => {
        if (error instanceof BadRequest) return void sendJson(response, 400);
        if (error instanceof BodyTooLarge) {
          response.setHeader("connection", "close");
          sendJson(response, 413);
          return;
        }
        log.error(`${request.method ?? ""} ${(request.url ?? "").split("?", 1)[0] ?? ""} failed`, error);
        if (response.headersSent) response.destroy();
        else sendJson(response, 500);
      });
  };
}

async function manage(
  api: Api,
  url: URL,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = (await readBody(request)).toString("utf8");
  const headers = headersOf(request);
  const answer = await api({
    method: request.method ?? "GET",
    path,
    query: url.searchParams,
    headers,
    body,
    url: url.href,
  });
  sendJson(response, answer.status, answer.body, answer.headers);
}

async function deliver(
  { eventGrid }: ListenerContext,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await eventGrid({
    method: request.method ?? "GET",
    functionName: url.searchParams.get("functionName") ?? "",
    headers: headersOf(request),
    body: (await readBody(request)).toString(),
  });
  response.writeHead(status, headers).end(body);
}

/** Runs an HTTP function. One that throws is answered with 500 and no body, as on the platform. */
async function call(
  { app, runner, bodyLimitInBytes }: ListenerContext,
  match: Match,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const child = app.current();
  if (child?.httpUri !== undefined) return stream(runner, child, match, request, response);
  const { metadata, binding } = match.function;
  const data = toRpc(request, url, match.params, await readBody(request, bodyLimitInBytes));
  const { traceparent } = request.headers;
  const trace = typeof traceparent === "string" ? { traceParent: traceparent } : {};
  const inputs = [{ name: binding.name, data }];
  try {
    const { returnValue } = await runner.run(metadata, {
      reason: "This function was called via HTTP.",
      inputs,
      ...trace,
    });
    fromRpc(returnValue, response);
  } catch {
    // The log has the reason.
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  }
}
