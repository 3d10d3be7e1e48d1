/** What every HTTP function shares: bearer check, one body reader, problem+json for every refusal. */
import type { HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import { InputError, problem, problems, type Problem } from "../domain/errors.ts";
import type { AppRole, Callers } from "./callers.ts";

export type Handler = (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>;

const largestBodyInBytes = 64 * 1024;

/** Answers `InputError` with its status, anything else with 503 and nothing of the error: that goes to the log. */
export function answering(handle: Handler): Handler {
  return async (request, context) => {
    try {
      return await handle(request, context);
    } catch (error) {
      if (error instanceof InputError) return refusal(error.problem);
      context.error(`${context.functionName} failed: ${error instanceof Error ? error.message : String(error)}`);
      return refusal(
        problem("CP-NOT-READY", "a service this request needs did not answer as expected; the log has the reason"),
      );
    }
  };
}

/** `answering`, for callers with an app role only. */
export function guarded(callers: () => Promise<Callers>, role: AppRole, handle: Handler): Handler {
  return answering(async (request, context) => {
    await (await callers()).require(role, request.headers.get("authorization"));
    return handle(request, context);
  });
}

export function refusal(reason: Problem): HttpResponseInit {
  const { status } = problems[reason.code];
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    },
    body: JSON.stringify({ type: `urn:crosspull:problem:${reason.code}`, status, ...reason }),
  };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponseInit {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
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
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new InputError(
      "CP-BAD-JSON",
      text === ""
        ? "the body is empty"
        : `the body cannot be parsed: ${error instanceof Error ? error.message : "not JSON"}`,
    );
  }
}
