import type { ServerResponse } from "node:http";

const linesKept = 500;
/** A reader that does not read is dropped. */
const backlogInBytes = 1024 * 1024;

export interface LogTail {
  readonly write: (line: string) => void;
  /** Answers with server-sent events: the last lines, then each as it comes. */
  readonly follow: (response: ServerResponse) => void;
}

export function createLogTail(): LogTail {
  const kept: string[] = [];
  const readers = new Set<ServerResponse>();
  const send = (reader: ServerResponse, line: string): void => {
    if (reader.writableLength > backlogInBytes) reader.destroy();
    else reader.write(`data: ${line.replaceAll(/\r?\n|\r/g, "\ndata: ")}\n\n`);
  };
  return {
    write(line) {
      kept.push(line);
      if (kept.length > linesKept) kept.shift();
      for (const reader of readers) send(reader, line);
    },
    follow(response) {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      for (const line of kept) send(response, line);
      response.flushHeaders();
      readers.add(response);
      response.once("close", () => readers.delete(response));
    },
  };
}
