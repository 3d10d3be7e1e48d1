import type { DurableHttpRequest } from "../replay/actions.ts";
import { createCookies, type Cookies } from "./cookies.ts";
import { DotNetException, invalidFormat, invalidOperation } from "./exception.ts";
import { exchange, type Incoming, type Outgoing } from "./exchange.ts";
import { addedHeader, checkMediaType, isContentHeader, isToken, spelled } from "./headers.ts";

/** What `callHttp` answers, as JSON text; rejects with a DotNetException. */
export type CallHttp = (request: DurableHttpRequest) => Promise<string>;

/** Who the extension says it is, unless the request says something else. */
const userAgent = "Microsoft.Azure.WebJobs.Extensions.DurableTask/3.14.1";

/**
 * The platform makes all calls of a host with one HttpClient of .NET, which keeps cookies. Sources: TaskHttpActivityShim.cs,
 * DurableHttpClientFactory.cs and DurableHttpResponse.cs of the Durable extension, RedirectHandler.cs of dotnet/runtime.
 */
export function createCallHttp(): CallHttp {
  const cookies = createCookies();
  return (request) => callHttp(request, cookies);
}

async function callHttp(request: DurableHttpRequest, cookies: Cookies): Promise<string> {
  if (request.tokenSource)
    throw new DotNetException(
      "System.NotSupportedException",
      "callHttp with a tokenSource is not supported by this host",
    );
  const { statusCode, headers, body } = await followed(outgoing(request), cookies);
  return JSON.stringify({ statusCode, headers: told(headers), content: text(headers, body) });
}

function outgoing({ method, uri, content, headers = {} }: DurableHttpRequest): Outgoing {
  const sent = new Map<string, string>();
  let contentType = "";
  for (const [name, given] of Object.entries(headers)) {
    const values = valuesOf(given);
    if (name.toLowerCase() === "content-type") contentType = contentTypeIn(values, contentType);
    else if (values.length > 0) sent.set(spelled(name), addedHeader(name, values));
    else addedHeader(name, values);
  }
  if (!sent.has("User-Agent")) sent.set("User-Agent", userAgent);
  const body = content === undefined || content === null ? undefined : Buffer.from(content, "utf8");
  if (body) sent.set("Content-Type", sentType(contentType || "text/plain"));
  if (!body && /chunked/i.test(sent.get("Transfer-Encoding") ?? ""))
    throw invalidOperation("'Transfer-Encoding: chunked' header can not be used when content object is not specified.");
  return { method: methodOf(method), url: addressOf(uri), headers: sent, body };
}

/** Text or a list of texts; anything else counts as no value. */
function valuesOf(given: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  return all.filter((value) => typeof value === "string");
}

function contentTypeIn(values: readonly string[], before: string): string {
  if (values.some((value) => value.includes("multipart")))
    throw new DotNetException(
      "Microsoft.Azure.WebJobs.Extensions.DurableTask.FunctionFailedException",
      "Multipart content is not supported with CallHttpAsync.",
    );
  return values.at(-1) ?? before;
}

/** A form says its character set, everything else does not. */
function sentType(contentType: string): string {
  checkMediaType(contentType);
  const isForm = contentType.toLowerCase() === "application/x-www-form-urlencoded";
  return isForm ? `${contentType}; charset=utf-8` : contentType;
}

function methodOf(method: string): string {
  if (!isToken(method)) throw invalidFormat("The format of the HTTP method is invalid.");
  const upper = method.toUpperCase();
  return ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "TRACE", "PATCH", "CONNECT"].includes(upper)
    ? upper
    : method;
}

function addressOf(uri: string): URL {
  // On Linux .NET takes a path for a file's.
  const url = uri.startsWith("/") ? new URL(`file://${uri}`) : URL.parse(uri);
  if (!url)
    throw invalidOperation(
      "An invalid request URI was provided. Either the request URI must be an absolute URI or BaseAddress must be set.",
    );
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== "http" && scheme !== "https")
    throw new DotNetException("System.NotSupportedException", `The '${scheme}' scheme is not supported.`);
  return url;
}

const mostRedirects = 50;

async function followed(first: Outgoing, cookies: Cookies): Promise<Incoming> {
  let asked = first;
  for (let count = 0; ; count++) {
    const answer = await exchange(cookies.into(asked));
    cookies.keep(asked.url, answer);
    const next = count < mostRedirects ? nextAddress(asked.url, answer) : undefined;
    if (!next) return answer;
    asked = redirected(asked, answer.statusCode, addressOf(next.href));
  }
}

/** Never from https to http. */
function nextAddress(from: URL, { statusCode, headers }: Incoming): URL | undefined {
  if (![300, 301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  const location = valueOf(headers, "location");
  const next = location === undefined ? null : URL.parse(location, from.href);
  if (!next || (from.protocol === "https:" && next.protocol !== "https:")) return undefined;
  next.hash ||= from.hash;
  return next;
}

function redirected({ method, headers, body }: Outgoing, statusCode: number, url: URL): Outgoing {
  const becomesGet =
    statusCode === 303 ? method !== "GET" && method !== "HEAD" : statusCode <= 302 && method === "POST";
  // Host is kept, as the platform keeps it; who we are is not told to another address.
  const kept = [...headers].filter(
    ([name]) => name !== "Authorization" && !(becomesGet && (name === "Transfer-Encoding" || isContentHeader(name))),
  );
  return becomesGet
    ? { method: "GET", url, headers: new Map(kept), body: undefined }
    : { method, url, headers: new Map(kept), body };
}

function valueOf(headers: Incoming["headers"], wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** Content headers are not told; a header that came more than once is a list. */
function told(headers: Incoming["headers"]): Record<string, string | readonly string[]> {
  const all = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (const [name, value] of headers) {
    if (isContentHeader(name)) continue;
    const known = all.get(name.toLowerCase());
    if (known) known.values.push(value);
    else all.set(name.toLowerCase(), { name: spelled(name), values: [value] });
  }
  return Object.fromEntries(
    [...all.values()].map(({ name, values }) => [name, values.length > 1 ? values : (values[0] ?? "")]),
  );
}

function text(headers: Incoming["headers"], body: Buffer): string {
  const [, charset = "utf-8"] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(valueOf(headers, "content-type") ?? "") ?? [];
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    throw invalidOperation(
      "The character set provided in ContentType is invalid. Cannot read content as string using an invalid character set.",
    );
  }
}
