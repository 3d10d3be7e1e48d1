import type { Instant } from "../domain/time.ts";
import type { Credentials } from "./credentials.ts";

/** A service that speaks JSON over HTTP, and the tokens it takes. */
export type RestService = { readonly url: string; readonly scope: string };

export type RestRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, or an address of the service itself as its answers name them. */
  readonly to: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};
export type RestAnswer = {
  readonly status: number;
  /** undefined when there was none. */
  readonly body: unknown;
  /** The time by the service's own clock; null where it does not say. */
  readonly at: Instant | null;
};
export type AskRest = (tenantId: string, request: RestRequest) => Promise<RestAnswer>;

/**
 * Asks once: no retries, no redirects, no token to another host. Throws, as the SDKs do, errors that `failureOf`
 * reads, so it belongs inside `asking`.
 */
export function connectRest({ url: base, scope }: RestService, credentials: Credentials): AskRest {
  return async (tenantId, { method, to, body, headers, signal }) => {
    const url = addressAt(base, to);
    const credential = await credentials.credentialFor(tenantId);
    const token = await credential.getToken(scope, { abortSignal: signal });
    const answer = await fetch(url, {
      method,
      redirect: "manual",
      signal,
      headers: {
        authorization: `Bearer ${token?.token ?? ""}`,
        accept: "application/json",
        ...(body ? { "content-type": "application/json" } : {}),
        ...headers,
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return read(answer);
  };
}

async function read(answer: Response): Promise<RestAnswer> {
  const text = await answer.text();
  const body = text === "" ? undefined : parsed(text);
  const { status: statusCode, headers } = answer;
  if (answer.ok) {
    if (body !== undefined || text === "") return { status: statusCode, body, at: dateIn(headers) };
    throw Object.assign(new Error("the answer is no JSON"), { statusCode, code: "PARSE_ERROR" });
  }
  const { code, message } = errorIn(body);
  throw Object.assign(new Error(message), { statusCode, code, headers, details: body });
}

function dateIn(headers: Headers): Instant | null {
  const at = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `{ error: { code, message } }`, or the same without the outer object. */
function errorIn(body: unknown): { code: string; message: string } {
  const outer = isObject(body) ? body : {};
  const inner = isObject(outer["error"]) ? outer["error"] : outer;
  const { code, message } = inner;
  return { code: typeof code === "string" ? code : "", message: typeof message === "string" ? message : "" };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Throws unless the address is the service's own: our token goes there. */
export function addressAt(base: string, address: string): URL {
  const { origin } = new URL(base);
  const url = URL.parse(address.startsWith("/") ? `${base}${address}` : address);
  if (url?.origin !== origin || url.username !== "") {
    throw new Error(`an answer leads to an address outside ${origin}`);
  }
  return url;
}

/** All items of a list: `value`, and the next page's address as ARM or Graph names it. */
export async function listAll(
  ask: AskRest,
  tenantId: string,
  { to: first, signal }: Pick<RestRequest, "to" | "signal">,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const found: Readonly<Record<string, unknown>>[] = [];
  let to: string | undefined = first;
  while (to !== undefined) {
    const { body } = await ask(tenantId, { method: "GET", to, signal });
    const page = isObject(body) ? body : {};
    if (Array.isArray(page["value"])) found.push(...(page["value"] as unknown[]).filter(isObject));
    const next: unknown = page["nextLink"] ?? page["@odata.nextLink"];
    to = typeof next === "string" && next !== "" ? next : undefined;
  }
  return found;
}
