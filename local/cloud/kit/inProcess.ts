import type { Reply, Service } from "./contract.ts";
import { calling } from "./request.ts";
import { rendered, type Sent } from "./response.ts";
import { router } from "./router.ts";

export interface InProcessRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface InProcessAnswer extends Sent {
  readonly status: number;
}

/**
 * A service as a function: the routes that answer over HTTP answer here, without sockets. Planted faults, throttling and
 * counters are for callers over the wire, and stay out of it.
 */
export function inProcess(service: Service): (request: InProcessRequest) => Promise<InProcessAnswer> {
  const match = router(service.routes);
  return async ({ method, url, headers, body = "" }) => {
    const found = match(method, url.pathname);
    const header = (name: string): string | undefined => headers[name.toLowerCase()];
    const call = calling(method, { url, params: found?.params ?? {}, header, bytes: Buffer.from(body, "utf8") });
    const answer = async (): Promise<Reply> => {
      if (!found) return service.unknown(call);
      const admitted = service.authenticate ? await service.authenticate(call, found.route) : call;
      return "status" in admitted ? admitted : found.route.handle(admitted);
    };
    const reply = await answer();
    return { status: reply.status, ...rendered(reply, { requestId: "in-process", call }) };
  };
}
