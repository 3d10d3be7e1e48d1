import { z } from "zod";
import type { Call, Reply } from "./contract.ts";
import { jsonOf } from "./texts.ts";

/** JSON, or a form as `curl -d name=value` sends it. */
export function withBody<Body, Answer extends Reply | Promise<Reply>>(
  call: Call,
  schema: z.ZodType<Body>,
  then: (body: Body) => Answer,
): Answer | Reply {
  const parsed = schema.safeParse(bodyOf(call));
  return parsed.success ? then(parsed.data) : problem(400, z.prettifyError(parsed.error));
}

function bodyOf(call: Call): unknown {
  if (call.header("content-type")?.startsWith("application/x-www-form-urlencoded") && !/^\s*\{/.test(call.body))
    return Object.fromEntries(new URLSearchParams(call.body));
  return jsonOf(call.body);
}

export function ok(body: unknown): Reply {
  return { status: 200, body };
}

export function problem(status: number, detail: string): Reply {
  return { status, headers: { "content-type": "application/problem+json" }, body: { status, detail } };
}
