import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppProcess } from "../appProcess.ts";
import type { Operations } from "../durable/engine/operations.ts";
import { createLogTail } from "./logTail.ts";
import { instancePage, overviewPage } from "./pages.ts";

export interface Inspected {
  readonly app: Pick<AppProcess, "functions" | "registered">;
  readonly operations: Pick<Operations, "query" | "instance" | "history">;
  readonly now: () => Date;
  /** AzureWebJobsDisableHomepage: `GET /` is the app's own. */
  readonly disabled: boolean;
}

export type Inspect = (path: string, url: URL, request: IncomingMessage, response: ServerResponse) => boolean;

export interface Inspector {
  /** Takes each log line. */
  readonly write: (line: string) => void;
  /** Answers `GET /`: the overview, `?instance=` one instance, `?log` the log as server-sent events; true when it did. */
  readonly listener: (inspected: Inspected) => Inspect;
}

const instancesOnPage = 50;

export function createInspector(): Inspector {
  const { write, follow } = createLogTail();
  return {
    write,
    listener: (inspected) => (path, url, request, response) => {
      if (path !== "" || request.method !== "GET" || inspected.disabled) return false;
      const id = url.searchParams.get("instance");
      if (url.searchParams.has("log")) follow(response);
      else if (id === null) answer(response, (nonce) => overview(inspected, url.searchParams, nonce));
      else answer(response, (nonce) => one(inspected, id, nonce));
      return true;
    },
  };
}

function overview({ app, operations }: Inspected, query: URLSearchParams, nonce: string): string {
  const enabled = app.functions();
  const prefix = query.get("prefix") ?? "";
  const start = query.get("after");
  const instances = operations.query({ prefix }, { limit: instancesOnPage, ...(start ? { after: start } : {}) });
  return overviewPage(
    {
      functions: app.registered().map((metadata) => ({ metadata, disabled: !enabled.includes(metadata) })),
      instances,
      prefix,
      after: instances.length === instancesOnPage ? instances.at(-1)?.id : undefined,
    },
    nonce,
  );
}

function one({ operations, now }: Inspected, id: string, nonce: string): string | undefined {
  const instance = operations.instance(id);
  return instance && instancePage(instance, operations.history(id), now().getTime(), nonce);
}

function answer(response: ServerResponse, render: (nonce: string) => string | undefined): void {
  const nonce = randomBytes(16).toString("base64");
  const body = render(nonce);
  if (body === undefined) {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("No such instance.\n");
    return;
  }
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
  const headers = {
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  };
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...headers }).end(body);
}
