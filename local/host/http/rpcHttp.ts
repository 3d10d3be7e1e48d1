import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpCookie, HttpData, TypedData } from "../worker/messages.ts";

export class BodyTooLarge extends Error {}

export async function readBody(request: IncomingMessage, limitInBytes = Infinity): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limitInBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** No address can be made of what was asked. */
export class BadRequest extends Error {}

export function requestUrl(request: IncomingMessage, fallbackHost: string): URL {
  const url = URL.parse(`http://${request.headers.host ?? fallbackHost}${request.url ?? "/"}`);
  if (!url) throw new BadRequest();
  return url;
}

/** The request as the worker gets it: repeated headers and query keys are joined with commas. */
export function toRpc(
  request: IncomingMessage,
  url: URL,
  params: Readonly<Record<string, string>>,
  body: Buffer,
): TypedData {
  const headers = Object.entries(request.headersDistinct).map(
    ([name, values]) => [name, values?.join(",") ?? ""] as const,
  );
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const before = query.get(name);
    query.set(name, before === undefined ? value : `${before},${value}`);
  }
  const http: HttpData = {
    method: request.method ?? "GET",
    url: url.href,
    nullableHeaders: wrapped(headers),
    nullableParams: wrapped(Object.entries(params)),
    nullableQuery: wrapped([...query]),
    headers: {},
    params: {},
    query: {},
    cookies: [],
    // A chunked body has no length, and the platform hands over none without.
    ...(Number(request.headers["content-length"] ?? 0) > 0 ? { body: { bytes: body } } : {}),
  };
  return { http };
}

function wrapped(entries: readonly (readonly [string, string])[]): Record<string, { readonly value: string }> {
  return Object.fromEntries(entries.map(([name, value]) => [name, { value }]));
}

/** Writes the function's answer; one that returned nothing is answered with 204. */
export function fromRpc(value: TypedData | null | undefined, response: ServerResponse): void {
  const http = value?.http;
  if (!http) {
    response.writeHead(204).end();
    return;
  }
  response.statusCode = Number(http.statusCode ?? 200);
  for (const [name, header] of Object.entries(http.headers ?? {})) response.setHeader(name, header);
  const cookies = (http.cookies ?? []).map(setCookie);
  if (cookies.length > 0) response.appendHeader("set-cookie", cookies);
  const { body } = http;
  const bytes = body?.bytes ? Buffer.from(body.bytes) : Buffer.from(body?.string ?? body?.json ?? "");
  const stated = response.getHeader("content-length");
  if (stated !== undefined && Number(stated) !== bytes.length && response.req.method !== "HEAD")
    return mismatch(response, Number(stated), bytes);
  if (bytes.length > 0) response.setHeader("content-length", bytes.length);
  response.end(bytes);
}

/** As Kestrel: more than was said is never begun, and less breaks the connection off. */
function mismatch(response: ServerResponse, stated: number, bytes: Buffer): void {
  if (bytes.length > stated || Number.isNaN(stated)) {
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.writeHead(500).end();
    return;
  }
  response.flushHeaders();
  response.write(bytes, () => response.destroy());
}

const sameSites = { none: undefined, lax: "lax", strict: "strict", explicitNone: "none" } as const;

function setCookie(cookie: HttpCookie): string {
  const { domain, path, expires, secure, httpOnly, maxAge, sameSite = "none" } = cookie;
  const attributes = [
    `${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`,
    expires && `expires=${new Date(expires.value.seconds * 1000).toUTCString()}`,
    maxAge && `max-age=${maxAge.value}`,
    domain && `domain=${domain.value}`,
    // ASP.NET Core's own default.
    `path=${path?.value ?? "/"}`,
    secure?.value && "secure",
    sameSites[sameSite] && `samesite=${sameSites[sameSite]}`,
    httpOnly?.value && "httponly",
  ];
  return attributes.filter(Boolean).join("; ");
}
