import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { codeOf, HostError, messageOf } from "../errors.ts";

export interface Listening {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** What the platform accepts as the headers of a request. */
const headerLimitInBytes = 32 * 1024;

/** Tries this many ports after the one asked for. */
const portsToTry = 50;

/** Listens on loopback, on `port` or the first free one after it (0: any), and tells about each it steps over; on no other when `exact`. */
export async function listen(
  port: number,
  answer: RequestListener,
  steppedOver: (port: number) => void,
  exact = false,
): Promise<Listening> {
  for (let candidate = port; candidate <= Math.min(port + portsToTry, 65_535); candidate += 1) {
    const server = createServer({ maxHeaderSize: headerLimitInBytes }, answer);
    // A handler may wait for a long activity; the client decides when that is too long.
    server.requestTimeout = 0;
    try {
      await bind(server, candidate);
    } catch (error) {
      if (codeOf(error) !== "EADDRINUSE") throw new HostError(`port ${candidate} cannot be used: ${messageOf(error)}`);
      if (exact) throw new HostError(`port ${port} is in use; stop what uses it, or give another with --port`);
      steppedOver(candidate);
      continue;
    }
    return { port: (server.address() as AddressInfo).port, close: () => close(server) };
  }
  throw new HostError(`no free port from ${port} to ${port + portsToTry}`);
}

function bind(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  const text = JSON.stringify(body);
  const type = { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text) };
  response.writeHead(status, { ...type, ...headers }).end(text);
}

/** Lower-cased single values. */
export function headersOf(request: IncomingMessage): Record<string, string | undefined> {
  const entries = Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(",") : value,
  ]);
  return Object.fromEntries(entries) as Record<string, string | undefined>;
}
