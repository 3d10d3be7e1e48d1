/** Asks a handler as the Functions host would, without a host: a real HttpRequest, and a context that keeps what was logged. */
import { HttpRequest, InvocationContext, type HttpResponseInit } from "@azure/functions";
import type { Handler } from "../../src/functions/http.ts";

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly params?: Readonly<Record<string, string>>;
}

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly errors: readonly string[];
}

/** `path` as a caller writes it: `/api/links?dryRun=true`. */
export async function ask<Body>(handler: Handler, path: string, asked: Asked = {}): Promise<Answer<Body>> {
  const { method = "GET", headers = {}, body, params = {} } = asked;
  const errors: string[] = [];
  const request = new HttpRequest({
    method,
    url: `http://localhost:7071${path}`,
    headers: { ...headers },
    params: { ...params },
    ...(body === undefined ? {} : { body: { string: typeof body === "string" ? body : JSON.stringify(body) } }),
  });
  const context = new InvocationContext({
    functionName: "asked",
    logHandler: (level, ...parts) => void (level === "error" && errors.push(parts.join(" "))),
  });
  const answer: HttpResponseInit = await handler(request, context);
  const text = typeof answer.body === "string" ? answer.body : "";
  const type = (answer.headers as Record<string, string> | undefined)?.["content-type"] ?? "";
  return {
    status: answer.status ?? 200,
    headers: (answer.headers ?? {}) as Record<string, string>,
    body: (type.includes("json") ? JSON.parse(text) : text) as Body,
    errors,
  };
}
