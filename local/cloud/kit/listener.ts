import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Certificates } from "./certificates.ts";

export interface Listener {
  /** `https://localhost:8440`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Until then every request is answered 503. */
  serve(handler: RequestListener): void;
  close(): Promise<void>;
}

/** Longer than any client keeps an idle connection, so that none is closed under a request. */
const keepAliveInMs = 120_000;

/**
 * Listens on 127.0.0.1 only, at `port` or the next free one; 0 takes any. Plain HTTP without certificates.
 */
export async function listen(port: number, certificates?: Certificates): Promise<Listener> {
  let handler: RequestListener = (_request, response) => response.writeHead(503).end();
  const server: Server = certificates
    ? createServer({ key: certificates.key, cert: certificates.cert }, (...exchange) => handler(...exchange))
    : createPlainServer((...exchange) => handler(...exchange));
  server.keepAliveTimeout = keepAliveInMs;
  const taken = await firstFree(server, port);
  return {
    url: `${certificates ? "https" : "http"}://${certificates ? "localhost" : "127.0.0.1"}:${taken}`,
    port: taken,
    serve: (next) => {
      handler = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Listens on 127.0.0.1 at `port` or the next free one; answers with the port. */
export async function firstFree(server: Server, port: number): Promise<number> {
  for (let candidate = port; candidate < 65_536; candidate += 1) {
    if (await tryToListen(server, candidate)) return (server.address() as AddressInfo).port;
  }
  throw new Error(`no free port at or after ${port}`);
}

function tryToListen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => {
      server.off("listening", taken);
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(false);
      else reject(error);
    };
    const taken = (): void => {
      server.off("error", refused);
      resolve(true);
    };
    server.once("error", refused);
    server.once("listening", taken);
    server.listen(port, "127.0.0.1");
  });
}
