import { createHash } from "node:crypto";
import { TransientError } from "../domain/errors.ts";
import type { Secret } from "../domain/secret.ts";
import { cleaned, retryAfterIn } from "./errors.ts";
import { redacted } from "./redaction.ts";

/** Registries refuse manifests larger than this. */
const largestBodyInBytes = 4 * 1024 * 1024;

/** One answer of a registry, read to its end. */
export type Answer = {
  /** 0 when there was none. */
  readonly status: number;
  /** undefined when the body is no JSON. */
  readonly json: unknown;
  /** The registry's code (`MANIFEST_UNKNOWN`); "" if it gave none. */
  readonly code: string;
  /** Its code and sentence without secrets, or what there was instead. */
  readonly sentence: string;
  /** As the registry names it in Docker-Content-Digest. */
  readonly digest: string | null;
  /** `sha256:...` of the bytes. */
  readonly computedDigest: string;
  readonly mediaType: string | null;
  /** Where a redirect leads; null if it is none. */
  readonly location: string | null;
};

/** One pull: its secrets are cut from whatever is said, and all of its requests together end in time. */
export type Session = { readonly secrets: readonly Secret[]; readonly signal: AbortSignal };

/** Asks once. Throws TransientError for 429 and 5xx; never follows a redirect, since requests carry credentials. */
export async function ask(address: string, request: RequestInit, session: Session): Promise<Answer> {
  let response;
  let body;
  try {
    response = await fetch(address, { ...request, redirect: "manual", signal: session.signal });
    body = await limited(response);
  } catch (error) {
    return unanswered(error);
  }
  const { status, headers } = response;
  if (status === 429 || status >= 500) {
    const { host, pathname } = new URL(address);
    throw new TransientError(`could not ask https://${host}${pathname} now: HTTP ${status}`, retryAfterIn(headers));
  }
  const content = body.toString("utf8");
  const json = parsed(content);
  const { code, text } = json === undefined ? wordsInXml(content) : wordsIn(json);
  return {
    status,
    json,
    code: redacted(code, session.secrets),
    sentence: cleaned(redacted(text, session.secrets)) || `HTTP ${status}`,
    digest: headers.get("docker-content-digest"),
    computedDigest: `sha256:${createHash("sha256").update(body).digest("hex")}`,
    mediaType: headers.get("content-type")?.split(";")[0] ?? null,
    location: headers.get("location"),
  };
}

async function limited(response: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  if (!response.body) return Buffer.alloc(0);
  for await (const part of response.body as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > largestBodyInBytes) throw Object.assign(new Error("too large"), { name: "AnswerLargerThan4MiB" });
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function unanswered(error: unknown): Answer {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  const reason = [cause?.code, name].find((word) => typeof word === "string") ?? "Error";
  return {
    status: 0,
    json: undefined,
    code: "",
    sentence: `no answer from the registry (${reason})`,
    digest: null,
    computedDigest: "",
    mediaType: null,
    location: null,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * The registry's network rules, or a proxy on the way that forbids it without the registry's words: nothing that a
 * credential, or time, could change.
 */
export function isFirewalled({ status, code, sentence }: Pick<Answer, "status" | "code" | "sentence">): boolean {
  const isWordless = code === "";
  return (
    status === 403 && (isWordless || /firewall|client with ip|not allowed access|public network access/i.test(sentence))
  );
}

/** Refused for something other than a missing right: locked, in quarantine, the registry or the client disabled. */
export function isForPerson(sentence: string): boolean {
  return /disallowed|locked|quarantin|disabled|suspended/i.test(sentence);
}

/** How the storage behind a registry refuses a layer. */
function wordsInXml(content: string): { readonly code: string; readonly text: string } {
  const [, code = "", message = ""] = /<Error><Code>(\w+)<\/Code><Message>([^<]*)/.exec(content) ?? [];
  return { code, text: [code, message].filter((part) => part !== "").join(": ") };
}

type Errors = { readonly errors?: readonly { readonly code?: unknown; readonly message?: unknown }[] };
type OAuthError = { readonly error?: unknown; readonly error_description?: unknown };

function wordsIn(json: unknown): { readonly code: string; readonly text: string } {
  if (typeof json !== "object" || json === null) return { code: "", text: "" };
  const { errors } = json as Errors;
  const first = Array.isArray(errors) ? (errors as NonNullable<Errors["errors"]>)[0] : undefined;
  const { error, error_description } = json as OAuthError;
  const [code, message] = first ? [first.code, first.message] : [error, error_description];
  const parts = [code, message].filter((part) => typeof part === "string");
  return { code: typeof code === "string" ? code : "", text: parts.join(": ") };
}
