import type { ServerResponse } from "node:http";
import type { Call, Reply } from "./contract.ts";

interface Exchange {
  readonly requestId: string;
  readonly call: Call;
}
/** `at`: when it is answered, by the service's own clock. */
type Answered = Exchange & { readonly at: number };

/** What went over the wire. */
export interface Sent {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
}

/** Writes a reply, with the time that the cloud's clock shows. */
export function send(response: ServerResponse, reply: Reply, exchange: Answered): Sent {
  const { headers: own, body } = rendered(reply, exchange);
  const headers = { date: new Date(exchange.at).toUTCString(), ...own };
  response.writeHead(reply.status, headers);
  response.end(body);
  return { headers, body };
}

/** A reply with the headers every Azure service adds; the reply's own win. */
export function rendered(reply: Reply, { requestId, call }: Exchange): Sent {
  const body = toBytes(reply.body);
  const asked = call.header("x-ms-client-request-id") ?? call.header("client-request-id");
  const headers: Record<string, string | number> = {
    "cache-control": "no-cache",
    "x-ms-request-id": requestId,
    "x-ms-correlation-request-id": call.header("x-ms-correlation-request-id") ?? requestId,
    "x-content-type-options": "nosniff",
    ...(asked && isPlain(asked) && { "x-ms-client-request-id": asked }),
    ...(isJson(reply.body) && { "content-type": "application/json; charset=utf-8" }),
    ...lowerCased(reply.headers ?? {}),
  };
  const bodiless = reply.status === 204 || reply.status === 304;
  if (!bodiless) headers["content-length"] ??= body.length;
  return { headers, body: bodiless || call.method === "HEAD" ? Buffer.alloc(0) : body };
}

/** As a crashed server does: no status line, no goodbye. */
export function cutConnection(response: ServerResponse): void {
  response.socket?.destroy();
}

function isJson(body: unknown): boolean {
  return body !== undefined && typeof body !== "string" && !Buffer.isBuffer(body);
}

function toBytes(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body), "utf8");
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** A header is echoed only if it cannot break one. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e]{1,256}$/.test(text);
}
