import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AppProcess } from "../appProcess.ts";
import type { ApiAnswer, ApiRequest } from "../durable/api.ts";
import { managementPath } from "../durable/payloads.ts";
import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { admin, type AdminContext } from "./admin.ts";
import type { Match } from "./routes.ts";
import { BodyTooLarge, fromRpc, readBody, requestUrl, toRpc } from "./rpcHttp.ts";
import { headersOf, sendJson } from "./server.ts";

type Api = (request: ApiRequest) => Promise<ApiAnswer>;

export interface ListenerContext extends AdminContext {
  readonly app: AppProcess;
  readonly api: Api;
  readonly find: (method: string, path: string) => Match | undefined;
  readonly log: Log;
  /** Resolves when the host can answer. */
  readonly ready: () => Promise<void>;
}

/** The public address: admin, management API, landing page, and the app's routes. */
export function publicListener(context: ListenerContext): RequestListener {
  return guarded(context, async (request, response) => {
    const url = requestUrl(request, "localhost");
    const path = url.pathname.slice(1);
    if (under(path, "admin")) return admin(context, path.slice("admin/".length), request, response);
    const base = managementPath.slice(1);
    if (under(path, base)) return manage(context.api, url, path.slice(base.length + 1), request, response);
    const match = under(path, "runtime") ? undefined : context.find(request.method ?? "GET", path);
    if (match) return call(context, match, url, request, response);
    if (path === "" && request.method === "GET") {
      response
        .writeHead(200, { "content-type": "text/plain; charset=utf-8" })
        .end("The functions host is up and running.\n");
      return;
    }
    return sendJson(response, 404);
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

/** Runs an HTTP function. One that throws is answered with 500 and no body, as on the platform. */
async function call(
  context: ListenerContext,
  match: Match,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { app, log } = context;
  const { metadata, binding } = match.function;
  const category = `Function.${metadata.name}`;
  const data = toRpc(request, url, match.params, await readBody(request));
  const { traceparent } = request.headers;
  const trace = typeof traceparent === "string" ? { traceParent: traceparent } : {};
  const inputs = [{ name: binding.name, data }, ...context.clientInputs(metadata)];
  const began = performance.now();
  const took = (): string => `Duration=${Math.round(performance.now() - began)}ms`;
  log.write(
    "information",
    category,
    `Executing 'Functions.${metadata.name}' (Reason='This function was called via HTTP.')`,
  );
  try {
    const { returnValue } = await app.invoke({ functionName: metadata.id, inputs, ...trace });
    fromRpc(returnValue, response);
    log.write("information", category, `Executed 'Functions.${metadata.name}' (Succeeded, ${took()})`);
  } catch (error) {
    log.write("error", category, `Executed 'Functions.${metadata.name}' (Failed, ${took()}): ${messageOf(error)}`);
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  }
}
