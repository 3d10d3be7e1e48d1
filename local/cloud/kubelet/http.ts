import { request } from "node:https";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Asked {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const longestWaitInMs = 10_000;

/** How a node reaches registries. */
export interface Network {
  /** PEM of the only authority trusted. */
  readonly ca: string;
  /** Where a host that no name server knows is listened for on this machine; undefined: at its own address. */
  readonly localPort: (host: string) => number | undefined;
}

/** One exchange. Rejects when there is no answer. */
export function exchange({ method, url, headers, body }: Asked, { ca, localPort }: Network): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname } = new URL(url);
    const port = localPort(hostname);
    const there = port === undefined ? {} : { hostname: "127.0.0.1", port, servername: hostname };
    const own = port === undefined ? headers : { ...headers, host: hostname };
    const options = { method, headers: own, ca, timeout: longestWaitInMs, ...there };
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
