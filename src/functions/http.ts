/** What every HTTP function shares: who may call, which query is known, one body reader, problem+json for every refusal. */
import type { HttpMethod, HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import { ConfigError } from "../config.ts";
import { InputError, problem, problems, TransientError, type Problem } from "../domain/errors.ts";
import type { AppRole, Callers } from "./callers.ts";

export type Handler = (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>;

/** One route of the API, as it is registered and as docs/api.md lists it. */
export type Route = {
  readonly name: string;
  readonly method: HttpMethod;
  /** Without the prefix `api/`. */
  readonly route: string;
  /** null: anybody. */
  readonly role: AppRole | null;
  /** Names of the query; `any` where other people's addresses lead here. */
  readonly query: readonly string[] | "any";
  readonly handle: Handler;
  /** How a refusal looks where a person comes with a browser; problem+json unless given. */
  readonly show?: Refusal;
};
type Refusal = (reason: Problem, retryAfterInSeconds: number | null) => HttpResponseInit;

const largestBodyInBytes = 64 * 1024;
/** The name under which Azure Functions takes a function key: always known, never needed. */
const functionKey = "code";
const retrySoonInSeconds = 10;

/**
 * The handler of a route: bearer and query are checked before anything else, and every error has its answer. `beside` is
 * done in each invocation besides, and never fails.
 */
export function guarded(
  { role, query, handle, show }: Route,
  callers: () => Promise<Callers>,
  beside: (context: InvocationContext) => Promise<void>,
): Handler {
  const answer = answering(async (request, context) => {
    if (role !== null) await (await callers()).require(role, request.headers.get("authorization"));
    if (query !== "any") refuseUnknownQuery(request, query);
    return handle(request, context);
  }, show);
  return async (request, context) => (await Promise.all([answer(request, context), beside(context)]))[0];
}

/** A misspelt `dryRun` must not start the real thing, so what nobody knows is refused. */
function refuseUnknownQuery({ query }: HttpRequest, known: readonly string[]): void {
  const names = [...query.keys()].filter((name) => name !== functionKey);
  const unknown = names.filter((name) => !known.includes(name));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const wants = known.length === 0 ? "this route takes no query" : `known are ${known.join(", ")}`;
  const faults = [
    ...unknown.map((name) => `"${name}" is not known; ${wants}`),
    ...twice.map((name) => `"${name}" is given more than once`),
  ];
  if (faults.length > 0) throw new InputError("CP-BAD-REQUEST", `query: ${faults.join("; ")}`);
}

/** `true` or `false` in exactly these words; absent is false. */
export function flag({ query }: HttpRequest, name: string): boolean {
  const text = query.get(name);
  if (text === null || text === "false") return false;
  if (text === "true") return true;
  throw new InputError("CP-BAD-REQUEST", `query: ${name} must be true or false, not "${text}"`);
}

/** `wanted`: what the caller sent in `If-Match`, null for nothing. */
export function refuseChanged(wanted: string | null, etag: string, what: string): void {
  if (wanted === null || wanted.trim() === "*") return;
  const tags = wanted.split(",").map((tag) => tag.trim());
  if (!tags.includes(etag)) throw new InputError("CP-CHANGED", `the ${what}'s ETag is ${etag} now, not ${wanted}`);
}

/** Every error becomes an answer; of what is not the caller's fault the log has the whole reason, the answer only the kind. */
export function answering(handle: Handler, show: Refusal = refusal): Handler {
  return async (request, context) => {
    try {
      return await handle(request, context);
    } catch (error) {
      if (error instanceof InputError) return show(error.problem, null);
      context.error(`${context.functionName} failed: ${error instanceof Error ? error.message : String(error)}`);
      return show(reasonOf(error), error instanceof TransientError ? error.retryAfterInSeconds : null);
    }
  };
}

function reasonOf(error: unknown): Problem {
  if (error instanceof TransientError)
    return problem(
      "CP-NOT-READY",
      error.shown ?? "a service that this request needs did not answer as expected; the log has the reason",
    );
  if (error instanceof ConfigError)
    return problem("CP-MISCONFIGURED", `these settings need attention: ${error.settings.join(", ")}`);
  return problem("CP-DEFECT", "an error that nobody foresaw; the log has the reason");
}

export function refusal(reason: Problem, retryAfterInSeconds: number | null = null): HttpResponseInit {
  const status: number = problems[reason.code].status;
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...(status === 429 || status === 503 ? { "retry-after": wholeSeconds(retryAfterInSeconds) } : {}),
    },
    body: JSON.stringify({ type: `urn:crosspull:problem:${reason.code}`, status, ...reason }),
  };
}

/** HTTP knows whole seconds only; services tell milliseconds and dates, too. */
function wholeSeconds(seconds: number | null): string {
  return String(Math.max(1, Math.ceil(seconds ?? retrySoonInSeconds)));
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponseInit {
  return {
    status,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      ...(status === 202 ? { "retry-after": "5" } : {}),
      ...headers,
    },
    body: JSON.stringify(body),
  };
}

/** The body as JSON; too large, empty or malformed ones are refused before anything is read into objects. */
export async function readJson(request: HttpRequest): Promise<unknown> {
  const announced = Number(request.headers.get("content-length") ?? "0");
  if (announced > largestBodyInBytes) throw new InputError("CP-BODY-TOO-LARGE", `the body has ${announced} bytes`);
  const text = await request.text();
  if (text.length > largestBodyInBytes)
    throw new InputError("CP-BODY-TOO-LARGE", `the body has more than ${largestBodyInBytes} bytes`);
  if (text.includes("\0"))
    throw new InputError("CP-BAD-JSON", "the body is not UTF-8; PowerShell's > writes UTF-16 unless told otherwise");
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new InputError(
      "CP-BAD-JSON",
      text === ""
        ? "the body is empty, or was sent in chunks: Azure Functions hands over none without a Content-Length"
        : `the body cannot be parsed: ${error instanceof Error ? error.message : "not JSON"}`,
    );
  }
}
