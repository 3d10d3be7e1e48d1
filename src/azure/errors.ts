import { TransientError } from "../domain/errors.ts";
import type { Known } from "../domain/facts.ts";
import type { Secret } from "../domain/secret.ts";
import type { Refused } from "./clients.ts";
import { causesIn, causeWords, codeFrom, errorIn } from "./causes.ts";
import { redacted } from "./redaction.ts";

/**
 * What is left of an error of any Azure client when everything that must not be seen is gone: no request, no headers,
 * no body, no ids of requests. Errors of the SDKs hold the request, secret included: they never leave an adapter.
 */
export type Failure = {
  /** HTTP status; 401 when no token could be had; 0 when there was no (whole) answer; -1: not an HTTP response. */
  readonly status: number;
  /** The service's own word (`AuthorizationFailed`), or Entra's number (`AADSTS700016`). */
  readonly code: string;
  readonly detail: string;
  /** The word at the bottom of what the service nested into its answer (`ForbiddenByFirewall`); null if it nested nothing. */
  readonly cause: string | null;
  /** What the service asked for by `Retry-After`; null when it did not. */
  readonly retryAfterInSeconds: number | null;
};

/** What may not be seen of an answer. */
export type Hidden = {
  /** Secrets that were sent. */
  readonly secrets?: readonly Secret[];
  /** The answer brings a secret we do not know yet: nothing of its text is kept, only the service's code. */
  readonly bringsSecret?: boolean;
};

const longestDetail = 600;
const aadstsPattern = /AADSTS(\d+)/;
/** A word that can be no secret. */
const plainCodePattern = /^(AADSTS\d+|HTTP \d+|[A-Za-z]+(?:[_.][A-Za-z]+)*)$/;
/** Entra is busy, or asks us to slow down. */
const busyEntra = /^AADSTS(50196|90006|90012|90019|90024|90033|90055)$/;
/** How a connection that broke looks in the Azure clients and in fetch. */
const connectionErrors = /^(RestError|AbortError|TimeoutError|fetch failed|terminated|ECONN\w+|ENOTFOUND|ETIMEDOUT)$/;
const signInErrors = /^(AuthenticationRequiredError|CredentialUnavailableError|AuthenticationError|AggregateAuth)/;
/** The clients quote a body that they could not read. */
const quotesBody = /occurred (while parsing|in deserializing)/;
const unreadableCodes = new Set(["PARSE_ERROR", "SyntaxError"]);

/** Entra's number in any text, `AADSTS7000215`; undefined if there is none. */
export function aadstsIn(text: string): string | undefined {
  return aadstsPattern.exec(text)?.[0];
}

/** Never throws, and what it gives back is fit to be shown. */
export function failureOf(error: unknown, hidden: Hidden = {}): Failure {
  const failure = onceSaid(read(error, hidden));
  if (!hidden.bringsSecret) return failure;
  const { status, code, cause } = failure;
  return {
    ...failure,
    code: plainCodePattern.test(code) ? code : `HTTP ${status}`,
    cause: cause !== null && plainCodePattern.test(cause) ? cause : null,
    detail: status > 0 ? `the service answered ${status}` : "no usable answer",
  };
}

function read(error: unknown, { secrets = [] }: Hidden): Failure {
  const parts = partsOf(error);
  const { name, statusCode, retryAfterInSeconds } = parts;
  const causes = causesIn(parts.body, (text) => redacted(text, secrets));
  const message = redacted(parts.message, secrets);
  const code = codeFrom(redacted(parts.code, secrets));
  if (signInErrors.test(name)) return signInFailure(message);
  const isUnreadable = unreadableCodes.has(code) || name === "SyntaxError" || quotesBody.test(parts.message);
  if (statusCode > 0 && !(isUnreadable && statusCode < 400)) {
    const said = isUnreadable ? "" : message;
    const untold = causes.filter((one) => !said.includes(one.message || one.code)).map(causeWords);
    const detail = detailOf(said, untold.join("; "));
    const cause = causes.find((one) => one.code !== "")?.code ?? null;
    const word = isUnreadable || code === "" ? `HTTP ${statusCode}` : code;
    return { status: statusCode, code: word, detail: detail || `HTTP ${statusCode}`, cause, retryAfterInSeconds };
  }
  if (isUnreadable) return noAnswer("UnreadableAnswer", "the answer could not be read");
  const isCut = [name, code, parts.message].some((text) => connectionErrors.test(text));
  const word = code || name.replace(/^Error$/, "");
  if (isCut) return noAnswer(word || "NoAnswer", cleaned(message));
  return { status: -1, code: word || "Error", detail: cleaned(message), cause: null, retryAfterInSeconds: null };
}

/** The cause is told in full where the sentence around it is too long for both. */
function detailOf(said: string, cause: string): string {
  const inside = cleaned(cause).slice(0, longestDetail / 2);
  if (inside === "") return cleaned(said);
  const outside = cleaned(said).slice(0, longestDetail - inside.length - " ()".length);
  return outside === "" ? inside : `${outside} (${inside})`;
}

function noAnswer(code: string, detail: string): Failure {
  return { status: 0, code, detail, cause: null, retryAfterInSeconds: null };
}

/** A failure of a service that was asked without an SDK. */
export function failureFrom(
  answer: { readonly status: number; readonly body: unknown; readonly headers: Headers },
  hidden: Hidden = {},
): Failure {
  const { status: statusCode, body, headers } = answer;
  const { code, message } = errorIn(body) ?? {};
  return failureOf({ statusCode, code, message, details: body, headers }, hidden);
}

/** Is it something that waiting may cure, wherever it is met? */
export function isTransient({ status, code }: Failure): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500 || busyEntra.test(code);
}

export function transient({ status, code, detail, retryAfterInSeconds }: Failure, what: string): TransientError {
  return new TransientError(`could not ${what} now: ${code} (${status}): ${detail}`, retryAfterInSeconds);
}

/** A defect: an answer nobody foresaw. Has no cause on purpose, since the cause would hold the request. */
export function unexpected({ status, code, detail }: Failure, what: string): Error {
  return new Error(`could not ${what}: ${code} (${status}): ${detail}`);
}

export function refused<Outcome extends string>(
  outcome: Outcome,
  { code, detail }: Pick<Failure, "code" | "detail">,
): Refused<Outcome> {
  return { outcome, ...onceSaid({ code, detail }) };
}

/** Entra begins its sentence with its number, and messages put the code in front of the sentence. */
function onceSaid<Said extends Pick<Failure, "code" | "detail">>(said: Said): Said {
  const { code, detail } = said;
  return detail.startsWith(`${code}: `) ? { ...said, detail: detail.slice(code.length + 2) } : said;
}

/** For what is asked only where our rights show it: whatever a service refuses stays unknown, in its words. */
export function unknownBy({ status, code, detail }: Failure): Known<never> | undefined {
  return status >= 400 ? { outcome: "unknown", detail: `${code}: ${detail}` } : undefined;
}

/** No right, or no token in that tenant at all. */
export function isForbidden({ status }: Failure): boolean {
  return status === 401 || status === 403;
}

/** A deny assignment forbids it, though ARM's word may be that of a missing right. */
export function isDenied({ code, cause, detail }: Failure): boolean {
  return [code, cause].includes("DenyAssignmentAuthorizationFailed") || /deny assignment/i.test(detail);
}

/** Entra gives us no token: nobody has consented to our own application in that tenant, or signing in is not set up. */
export function isWithoutToken({ status, code }: Failure): boolean {
  return status === 401 && (aadstsIn(code) !== undefined || code === "AzureCliNotSignedIn");
}

/** One line, without the ids and times that Entra and ARM append, cut to a length that fits a status. */
export function cleaned(message: string): string {
  return message
    .replace(
      /(\s-\s)?\b(Trace ID|Correlation ID|Timestamp|RequestId|request-id|Request ID)\s*:?\s*(Not Available|\S+(\s\d\d:\d\d:\d\dZ)?)/gi,
      "",
    )
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, longestDetail);
}

function signInFailure(message: string): Failure {
  const number = aadstsIn(message);
  // MSAL puts words of its own in front.
  const detail = cleaned(number ? message.slice(message.indexOf(number)) : message);
  const known = { detail, cause: null, retryAfterInSeconds: null };
  if (number) return { status: 401, code: number, ...known };
  // The Azure CLI tells us that nobody is signed in: a person has to act.
  if (/Azure CLI|az login/.test(message)) return { status: 401, code: "AzureCliNotSignedIn", ...known };
  return { status: 0, code: "NoToken", ...known };
}

type Parts = {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly statusCode: number;
  readonly body: unknown;
  readonly retryAfterInSeconds: number | null;
};

/** By shape, not by class: some packages are there twice, as CommonJS and as ES modules. */
function partsOf(error: unknown): Parts {
  const given = typeof error === "object" && error !== null ? (error as Readonly<Record<string, unknown>>) : {};
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const { statusCode, code, details } = given;
  const response = given["response"] as { headers?: unknown } | undefined;
  // fetch tells why it failed in an error within its own.
  const cause = given["cause"] as { code?: unknown } | undefined;
  return {
    name: text(given["name"]),
    message: typeof error === "string" ? error : text(given["message"]),
    code: text(code) || text(cause?.code),
    statusCode: typeof statusCode === "number" ? statusCode : 0,
    body: details,
    retryAfterInSeconds: retryAfterIn(response?.headers ?? given["headers"]),
  };
}

/** Seconds or a date, as HTTP has it; milliseconds, as some Azure services have it. */
export function retryAfterIn(headers: unknown): number | null {
  if (typeof headers !== "object" || headers === null || !("get" in headers)) return null;
  const { get } = headers;
  if (typeof get !== "function") return null;
  const header = (name: string): unknown => get.call(headers, name);
  for (const name of ["retry-after-ms", "x-ms-retry-after-ms"]) {
    const value = header(name);
    if (typeof value === "string" && /^\d+$/.test(value)) return Number(value) / 1000;
  }
  const value = header("retry-after");
  if (typeof value !== "string" || value === "") return null;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, (at - Date.now()) / 1000);
}
