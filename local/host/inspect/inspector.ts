import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppProcess } from "../appProcess.ts";
import type { Operations } from "../durable/operations.ts";

export interface Inspected {
  readonly app: Pick<AppProcess, "functions" | "registered">;
  readonly operations: Pick<Operations, "query" | "instance" | "history">;
}

export interface Inspector {
  /** Takes each log line. */
  readonly write: (line: string) => void;
  readonly listener: (
    inspected: Inspected,
  ) => (path: string, url: URL, request: IncomingMessage, response: ServerResponse) => boolean;
}

export function createInspector(): Inspector {
  return {
    write: () => undefined,
    listener: () => (path, _url, request, response) => {
      if (path !== "" || request.method !== "GET") return false;
      response
        .writeHead(200, { "content-type": "text/plain; charset=utf-8" })
        .end("The functions host is up and running.\n");
      return true;
    },
  };
}
