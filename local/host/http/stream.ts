import { randomUUID } from "node:crypto";
import { request as send, type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { AppChild } from "../appChild.ts";
import type { Run, Runner } from "../triggers/runner.ts";
import type { TypedData } from "../worker/messages.ts";
import type { Match } from "./routes.ts";
import { readBody } from "./rpcHttp.ts";

/** Bodies of JSON up to this length are looked into, for the properties the platform makes parameters of. */
const jsonLimitInBytes = 1024 * 1024;
/** Headers of one connection, not of the message. */
const hops = ["connection", "keep-alive", "transfer-encoding"];
/** How long an answer may take on its way after the function has ended. */
const graceInMs = 1000;

/**
 * An HTTP function of an app with `enableHttpStream`: the request itself goes on to the app's own server, beside an
 * invocation that carries only headers and parameters; the answer comes back the same way, unbuffered.
 */
export async function stream(
  runner: Runner,
  child: AppChild,
  match: Match,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { metadata, binding } = match.function;
  const invocationId = randomUUID();
  const body = await jsonBody(request);
  const upstream = forward(child.httpUri ?? "", invocationId, request);
  const answered = relay(upstream, response);
  // It is waited for only when the function has ended well.
  answered.catch(() => undefined);
  response.once("close", () => upstream.destroy());
  if (body) upstream.end(body);
  else request.pipe(upstream);
  const run: Run = {
    invocationId,
    child,
    reason: "This function was called via HTTP.",
    inputs: [{ name: binding.name, data: { http: {} } }],
    triggerMetadata: metadataOf(request, match, body),
  };
  try {
    await runner.run(metadata, run);
    const answer = await Promise.race([answered, later()]);
    // A function that returned nothing sends nothing.
    if (answer === "nothing") response.writeHead(204).end();
  } catch {
    // The log has the reason.
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  } finally {
    upstream.destroy();
  }
}

async function later(): Promise<"nothing"> {
  await new Promise((resolve) => setTimeout(resolve, graceInMs));
  return "nothing";
}

function forward(httpUri: string, invocationId: string, request: IncomingMessage): ClientRequest {
  const headers = {
    ...request.headers,
    "x-ms-invocation-id": invocationId,
    "x-forwarded-host": request.headers.host ?? "localhost",
    "x-forwarded-proto": "http",
  };
  const { port } = new URL(httpUri);
  return send({ host: "127.0.0.1", port, path: request.url, method: request.method, headers });
}

/** Resolves when the app's answer is on its way; its end is the pipeline's. */
function relay(upstream: ClientRequest, response: ServerResponse): Promise<"answered"> {
  return new Promise((resolve, reject) => {
    upstream.on("error", reject);
    upstream.once("response", (answer) => {
      const headers = Object.entries(answer.headers).filter(([name]) => !hops.includes(name));
      response.writeHead(answer.statusCode ?? 200, Object.fromEntries(headers));
      pipeline(answer, response).then(() => {
        resolve("answered");
      }, reject);
    });
  });
}

async function jsonBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const length = Number(request.headers["content-length"] ?? 0);
  const isJson = /[/+]json\b/i.test(request.headers["content-type"] ?? "");
  return isJson && length > 0 && length <= jsonLimitInBytes ? readBody(request) : undefined;
}

/** Parameters of the route; and, as on the platform, keys of the query and of a JSON body, which become parameters too. */
function metadataOf(request: IncomingMessage, match: Match, body: Buffer | undefined): Record<string, TypedData> {
  const { searchParams } = new URL(request.url ?? "/", "http://localhost");
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(",") ?? ""]),
  );
  const params = { ...fieldsOf(body), ...Object.fromEntries(searchParams), ...match.params };
  return {
    ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { string: value }])),
    Headers: { json: JSON.stringify(headers) },
    Query: { json: JSON.stringify(Object.fromEntries(searchParams)) },
  };
}

function fieldsOf(body: Buffer | undefined): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(body?.toString() ?? "null");
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return {};
    const entries = Object.entries(parsed as Record<string, unknown>);
    return Object.fromEntries(
      entries.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
    );
  } catch {
    return {};
  }
}
