import { invalidFormat, invalidOperation } from "./exception.ts";

/**
 * The headers .NET knows: it spells them so, however they were sent, and says where each belongs. Others are spelled as sent.
 * Source: dotnet/runtime KnownHeaders.cs
 */
const known = {
  either: "Cache-Control Connection Date Pragma Trailer Transfer-Encoding Upgrade Via Warning",
  request:
    "Accept Accept-Charset Accept-Encoding Accept-Language Alt-Used Authorization Expect From Host If-Match If-Modified-Since If-None-Match If-Range If-Unmodified-Since Max-Forwards Proxy-Authorization Range Referer TE User-Agent",
  response:
    "Accept-Ranges Access-Control-Allow-Credentials Access-Control-Allow-Headers Access-Control-Allow-Methods Access-Control-Allow-Origin Access-Control-Expose-Headers Age Alt-Svc ETag Location Proxy-Authenticate Retry-After Server Vary WWW-Authenticate",
  content:
    "Allow Content-Disposition Content-Encoding Content-Language Content-Length Content-Location Content-MD5 Content-Range Content-Type Expires Last-Modified",
  other:
    "Accept-Patch Access-Control-Max-Age Content-Security-Policy Cookie Cookie2 Expect-CT Keep-Alive Link Origin P3P Proxy-Connection Proxy-Support Public-Key-Pins Referrer-Policy Refresh Sec-WebSocket-Accept Sec-WebSocket-Extensions Sec-WebSocket-Key Sec-WebSocket-Protocol Sec-WebSocket-Version Server-Timing Set-Cookie Set-Cookie2 Strict-Transport-Security TSV Upgrade-Insecure-Requests X-AspNet-Version X-Cache X-Content-Duration X-Content-Type-Options X-Frame-Options X-MSEdge-Ref X-Powered-By X-Request-ID X-UA-Compatible X-XSS-Protection",
} as const;
type Place = keyof typeof known;
const places = new Map(
  (Object.keys(known) as Place[]).flatMap((place) =>
    known[place].split(" ").map((name) => [name.toLowerCase(), { name, place }] as const),
  ),
);

export function spelled(name: string): string {
  return places.get(name.toLowerCase())?.name ?? name;
}

export function isContentHeader(name: string): boolean {
  return places.get(name.toLowerCase())?.place === "content";
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const listOf = (item: string): RegExp => new RegExp(`^\\s*(,\\s*)*${item}(\\s*,\\s*(${item})?)*\\s*$`);
const tag = `(\\*|(W/)?"[^"]*")`;
const parameters = `(\\s*;\\s*${token}(\\s*=\\s*(${token}|"[^"]*"))?)*`;
const date = { test: (value: string): boolean => !Number.isNaN(Date.parse(value)) };
const scheme = new RegExp(`^\\s*${token}(\\s.*)?$`, "s");
const qualities = listOf(`${token}${parameters}`);

/** What .NET takes as a value of a header it knows; it takes any value of others. Sources: *HeaderParser.cs of dotnet/runtime. */
const shapes: Readonly<Record<string, { test(value: string): boolean }>> = {
  accept: listOf(`${token}/${token}${parameters}`),
  "accept-charset": qualities,
  "accept-encoding": qualities,
  "accept-language": qualities,
  authorization: scheme,
  connection: listOf(token),
  date,
  "if-match": listOf(tag),
  "if-modified-since": date,
  "if-none-match": listOf(tag),
  "if-unmodified-since": date,
  "max-forwards": /^\s*\d+\s*$/,
  "proxy-authorization": scheme,
  range: new RegExp(
    `^\\s*${token}\\s*=\\s*(\\d+\\s*-\\s*\\d*|-\\s*\\d+)(\\s*,\\s*(\\d+\\s*-\\s*\\d*|-\\s*\\d+))*\\s*$`,
  ),
  "user-agent": new RegExp(`^\\s*(${token}(/${token})?|\\([^()]*\\))(\\s+(${token}(/${token})?|\\([^()]*\\)))*\\s*$`),
};
/** Those .NET takes one value of. */
const single = new Set(
  "authorization date host if-modified-since if-range if-unmodified-since max-forwards proxy-authorization range referer from".split(
    " ",
  ),
);

const wholeToken = new RegExp(`^${token}$`);
const mediaType = new RegExp(`^${token}/${token}$`);

/** What names of headers and methods are made of. */
export function isToken(text: string): boolean {
  return wholeToken.test(text);
}

/** What `HttpRequestHeaders.Add` makes of a header; throws what it throws. */
export function addedHeader(name: string, values: readonly string[]): string {
  if (!isToken(name)) throw invalidFormat(`The header name '${name}' has an invalid format.`);
  const lower = name.toLowerCase();
  const { name: spelling = name, place = "other" } = places.get(lower) ?? {};
  if (place === "content" || place === "response")
    throw invalidOperation(
      `Misused header name, '${spelling}'. Make sure request headers are used with HttpRequestMessage, response headers with HttpResponseMessage, and content headers with HttpContent objects.`,
    );
  const shape = shapes[lower];
  for (const value of values) {
    if (/[\r\n]/.test(value)) throw invalidFormat("New-line characters are not allowed in header values.");
    if (shape && !shape.test(value)) throw invalidFormat(`The format of value '${value}' is invalid.`);
  }
  if (values.length > 1 && single.has(lower))
    throw invalidFormat(`Cannot add value because header '${spelling}' does not support multiple values.`);
  return values.map((value) => value.trim()).join(lower === "user-agent" ? " " : ", ");
}

/** Of a body: a media type alone, without parameters. Source: MediaTypeHeaderValue.CheckMediaTypeFormat */
export function checkMediaType(value: string): void {
  if (!mediaType.test(value)) throw invalidFormat(`The format of value '${value}' is invalid.`);
}
