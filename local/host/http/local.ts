import type { IncomingMessage, RequestListener } from "node:http";
import { sendJson } from "./server.ts";

const localHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
const localOrigin = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Turns away what a web page elsewhere makes a browser send: a post from another site (browsers name it in `Origin`), and a
 * name that was made to point here (DNS rebinding; it stands in `Host`). Other clients send no `Origin`.
 */
export function onlyLocal(listener: RequestListener): RequestListener {
  return (request, response) => {
    const Message = refusalOf(request);
    if (Message === undefined) listener(request, response);
    else sendJson(response, 403, { Message });
  };
}

function refusalOf({ headers: { host, origin } }: IncomingMessage): string | undefined {
  if (host !== undefined && !localHost.test(host))
    return `This host answers requests to localhost and 127.0.0.1 only; the Host header says ${JSON.stringify(host)}`;
  if (origin !== undefined && !localOrigin.test(origin))
    return `This host answers no requests of web pages elsewhere; the Origin header says ${JSON.stringify(origin)}`;
  return undefined;
}
