import { request } from "node:https";
import { addressHeader } from "../kit/request.ts";
import type { Answer, Exchange } from "./exchange.ts";

const longestWaitInMs = 10_000;

export interface Sockets {
  /** PEM of the only authority trusted. */
  readonly ca: () => string;
  /** Where a host that no name server knows is listened for on this machine; undefined: at its own address. */
  readonly localPort: (host: string) => number | undefined;
}

export function overHttp(address: string, { ca, localPort }: Sockets): Exchange {
  return ({ method, url, headers = {}, body }) =>
    new Promise<Answer>((resolve, reject) => {
      const { hostname } = new URL(url);
      const port = localPort(hostname);
      const there = port === undefined ? {} : { hostname: "127.0.0.1", port, servername: hostname };
      const named = port === undefined ? {} : { host: hostname };
      const options = {
        method,
        headers: { ...headers, ...named, [addressHeader]: address },
        ca: ca(),
        timeout: longestWaitInMs,
        ...there,
      };
      const sent = request(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${longestWaitInMs} ms`)));
      sent.on("error", reject);
      sent.end(body);
    });
}
