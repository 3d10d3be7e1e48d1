import { appendFileSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Sent } from "./response.ts";

/** One exchange as it was. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly url: URL;
  /** Of the request. */
  readonly body: string;
  readonly status: number;
  readonly sent: Sent;
}

export type Recorder = (service: string, exchange: Exchange) => void;

/**
 * Appends every exchange with a simulated Azure service to `file`, one JSON object a line: `{method, url, requestHeaders,
 * requestBody?, status, responseHeaders, responseBody?}`. Addresses of this machine are replaced by Azure's own, so that a
 * checker knows whose exchange it is. Nothing is left out: a recording holds tokens and secrets.
 * `addresses`: base address by name of service.
 */
export function recorderTo(file: string, addresses: ReadonlyMap<string, string>): Recorder {
  const toPublic = publicAddresses(addresses);
  return (service, { request, url, body, status, sent }) => {
    if (service === "control") return; // No service of Azure's.
    const line = {
      method: request.method,
      url: url.href,
      requestHeaders: flat(request.headers),
      ...shown("request", body, request.headers["content-type"]),
      status,
      responseHeaders: flat(sent.headers),
      ...shown("response", textOf(sent.body), String(sent.headers["content-type"] ?? "")),
    };
    appendFileSync(file, `${toPublic(JSON.stringify(line))}\n`, { mode: 0o600 });
  };
}

const publicHosts: Readonly<Record<string, string>> = {
  entra: "https://login.microsoftonline.com",
  graph: "https://graph.microsoft.com",
  arm: "https://management.azure.com",
  vault: "https://simulated.vault.azure.net",
  identity: "http://169.254.169.254",
  blobs: "https://registryblobs.blob.core.windows.net",
};

function publicAddresses(addresses: ReadonlyMap<string, string>): (text: string) => string {
  const replaced = new Map<string, string>();
  for (const [service, address] of addresses) {
    const [kind = "", name] = service.split(":");
    const known = name ? `https://${name}.${kind === "vault" ? "vault.azure.net" : "azurecr.io"}` : publicHosts[kind];
    if (!known) continue;
    replaced.set(address, known);
    replaced.set(new URL(address).host, new URL(known).host);
    replaced.set(encodeURIComponent(address), encodeURIComponent(known));
    replaced.set(encodeURIComponent(new URL(address).host), new URL(known).host);
  }
  const longestFirst = [...replaced.keys()].sort((one, other) => other.length - one.length);
  const pattern = new RegExp(`(?:${longestFirst.map(escaped).join("|")})(?!\\d)`, "g");
  return (text) => text.replace(pattern, (found) => replaced.get(found) ?? found);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function flat(headers: IncomingHttpHeaders | Sent["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : String(value)]],
    ),
  );
}

function textOf(body: Buffer): string | Buffer {
  const text = body.toString("utf8");
  return Buffer.from(text, "utf8").equals(body) ? text : body;
}

function shown(side: "request" | "response", body: string | Buffer, contentType: string | undefined): object {
  if (body.length === 0) return {};
  if (Buffer.isBuffer(body)) return { [`${side}Body`]: body.toString("base64"), [`${side}BodyEncoding`]: "base64" };
  return { [`${side}Body`]: /^application\/(\S+\+)?json\b/i.test(contentType ?? "") ? parsed(body) : body };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
