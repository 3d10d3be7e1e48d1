import type { IncomingMessage } from "node:http";
import type { Call } from "./contract.ts";

export const tooLarge = Symbol("body beyond the limit");

/** The whole body. What goes beyond the limit is read and thrown away, so that the client sees the refusal. */
export async function readBody(request: IncomingMessage, limitInBytes: number): Promise<Buffer | typeof tooLarge> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostDiscardedInBytes) break; // Nobody sends this by mistake: the connection ends here.
    if (length <= limitInBytes) chunks.push(chunk);
  }
  return length > limitInBytes ? tooLarge : Buffer.concat(chunks);
}

const mostDiscardedInBytes = 64 * 1024 * 1024;

export function toCall(
  request: IncomingMessage,
  url: URL,
  params: Readonly<Record<string, string>>,
  bytes: Buffer,
): Call {
  const header = (name: string): string | undefined => {
    const value = request.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(", ") : value;
  };
  return calling(request.method ?? "GET", { url, params, header, bytes });
}

/** How the simulated nodes say which address they would come from in life; everything here comes from this machine. */
export const addressHeader = "x-simulated-address";

/** A call as routes see it. `header` is asked for names in any case. */
export function calling(
  method: string,
  { url, params, header, bytes }: Pick<Call, "url" | "params" | "header" | "bytes">,
): Call {
  const address = header(addressHeader);
  return {
    method,
    url,
    params,
    ...(address !== undefined && { address }),
    body: bytes.toString("utf8"),
    bytes,
    query: (name) => {
      const wanted = name.toLowerCase();
      for (const [key, value] of url.searchParams) if (key.toLowerCase() === wanted) return value;
      return undefined;
    },
    header,
  };
}
