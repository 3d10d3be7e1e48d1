import { TransientError } from "../domain/errors.ts";
import type { Secret } from "../domain/secret.ts";
import type { Refused } from "./clients.ts";

/**
 * What is left of an error of any Azure client when everything that must not be seen is gone: no request, no headers,
 * no body, no ids of requests. Errors of the SDKs hold the request, secret included: they never leave an adapter.
 */
export type Failure = {
  /** HTTP status; 401 when no token could be had; 0 when there was no (whole) answer; -1 when it is no answer's fault. */
  readonly status: number;
  /** The service's own word (`AuthorizationFailed`), or Entra's number (`AADSTS700016`). */
  readonly code: string;
  readonly detail: string;
};

const longestDetail = 600;
const aadstsPattern = /AADSTS(\d+)/;
/** Entra is busy, or asks us to slow down. */
export const busyEntra = new Set(["AADSTS90055", "AADSTS50196", "AADSTS90033", "AADSTS90019"]);
/** Written an instant ago and not seen everywhere yet, or two writes at once: time cures both. */
const passingCodes = new Set(["Request_ResourceNotFound", "Directory_ConcurrencyViolation", "PARSE_ERROR"]);
/** How a connection that broke looks in the Azure clients, in the Graph client, and in fetch. */
const connectionErrors =
  /^(RestError|AbortError|TimeoutError|SyntaxError|fetch failed|terminated|ECONN\w+|ENOTFOUND|ETIMEDOUT)$/;
const signInErrors = /^(AuthenticationRequiredError|CredentialUnavailableError|AuthenticationError|AggregateAuth)/;

/** Entra's number in any text, `AADSTS7000215`; undefined if there is none. */
export function aadstsIn(text: string): string | undefined {
  return aadstsPattern.exec(text)?.[0];
}

export function failureOf(error: unknown): Failure {
  const { name, message, code, statusCode } = partsOf(error);
  const detail = cleaned(message);
  // The Graph client wraps errors of its token provider and keeps their name as `code`.
  if (signInErrors.test(name) || signInErrors.test(code)) return signInFailure(message, detail);
  if (statusCode > 0) return { status: statusCode, code: code || `HTTP ${statusCode}`, detail };
  // The Graph client's errors without an answer have status -1, and no word when fetch gave none.
  const isWordless = statusCode === -1 && code === "";
  const isCut = isWordless || [name, code, message].some((text) => connectionErrors.test(text));
  const word = code || name.replace(/^Error$/, "");
  return isCut ? { status: 0, code: word || "NoAnswer", detail } : { status: -1, code: word || "Error", detail };
}

/**
 * The failure, if waiting cannot cure it; otherwise throws TransientError. `what`: the attempt, as in "read cluster x".
 * Codes in `passing` are cured by waiting where they were met.
 */
export function lasting(error: unknown, what: string, passing: ReadonlySet<string> = passingCodes): Failure {
  const failure = failureOf(error);
  if (isTransient(failure) || passing.has(failure.code)) throw transient(failure, what);
  return failure;
}

export function transient({ status, code, detail }: Failure, what: string): TransientError {
  return new TransientError(`could not ${what} now: ${code} (${status}): ${detail}`);
}

/** A defect: an answer nobody foresaw. Has no cause on purpose, since the cause would hold the request. */
export function unexpected({ status, code, detail }: Failure, what: string): Error {
  return new Error(`could not ${what}: ${code} (${status}): ${detail}`);
}

export function refused<Outcome extends string>(outcome: Outcome, { code, detail }: Failure): Refused<Outcome> {
  return { outcome, code, detail };
}

/** No right, or no token in that tenant at all. */
export function isForbidden({ status }: Failure): boolean {
  return status === 401 || status === 403;
}

/** The failure without a secret that a service may have repeated in its sentence. */
export function without(secret: Secret, failure: Failure): Failure {
  return { ...failure, detail: failure.detail.replaceAll(secret.reveal(), "[secret]") };
}

/** One line, without the ids and times that Entra and ARM append, cut to a length that fits a status. */
export function cleaned(message: string): string {
  return message
    .replace(
      /\b(Trace ID|Correlation ID|Timestamp|RequestId|request-id|Request ID)\s*:?\s*\S+(\s\d\d:\d\d:\d\dZ)?/gi,
      "",
    )
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, longestDetail);
}

function isTransient({ status, code }: Failure): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500 || busyEntra.has(code);
}

function signInFailure(message: string, detail: string): Failure {
  const number = aadstsIn(message);
  if (number) return { status: 401, code: number, detail };
  // The Azure CLI tells us that nobody is signed in: a person has to act.
  if (/Azure CLI|az login/.test(message)) return { status: 401, code: "AzureCliNotSignedIn", detail };
  return { status: 0, code: "NoToken", detail };
}

type Parts = { readonly name: string; readonly message: string; readonly code: string; readonly statusCode: number };

/** By shape, not by class: some packages are there twice, as CommonJS and as ES modules. */
function partsOf(error: unknown): Parts {
  if (typeof error !== "object" || error === null) return { name: "", message: String(error), code: "", statusCode: 0 };
  const { name, message, code, statusCode } = error as { [Key in keyof Parts]?: unknown };
  return {
    name: typeof name === "string" ? name : "",
    message: typeof message === "string" ? message : "",
    code: typeof code === "string" ? code : "",
    statusCode: typeof statusCode === "number" ? statusCode : 0,
  };
}
