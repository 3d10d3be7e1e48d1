import type { Reply } from "../kit/contract.ts";
import type { Refusal } from "./refusal.ts";
import { refusalStatus } from "./refusal.ts";

/** The envelope every resource provider answers errors in. */
export function errorReply(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: { error: { code, message } },
  };
}

export function refusalReply(refusal: Refusal, headers: Readonly<Record<string, string>> = {}): Reply {
  const { code, message, more } = refusal;
  return {
    ...errorReply(refusalStatus[code], code, message, headers),
    body: { error: { code, message, ...more } },
  };
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { "content-type": "application/json; charset=utf-8", ...headers }, body };
}
