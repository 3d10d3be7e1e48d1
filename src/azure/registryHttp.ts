import { createHash } from "node:crypto";
import { TransientError } from "../domain/errors.ts";
import type { PullStage } from "./clients.ts";
import { cleaned } from "./errors.ts";

const timeoutInMs = 30_000;
/** Registries refuse manifests larger than this. */
const largestBodyInBytes = 4 * 1024 * 1024;

/** One answer of a registry, read to its end. */
export type Answer = {
  /** 0 when there was none. */
  readonly status: number;
  /** undefined when the body is no JSON. */
  readonly json: unknown;
  /** As the registry names it in Docker-Content-Digest. */
  readonly digest: string | null;
  /** `sha256:...` of the bytes. */
  readonly computedDigest: string;
  readonly mediaType: string | null;
  readonly sizeInBytes: number;
  /** Why there was no answer: `ECONNREFUSED`, `TimeoutError`. */
  readonly reason: string;
};

/** Asks once. Throws TransientError for 429 and 5xx; never follows a redirect, since requests carry credentials. */
export async function ask(address: string, request: RequestInit): Promise<Answer> {
  let answer;
  try {
    const signal = AbortSignal.timeout(timeoutInMs);
    const response = await fetch(address, { ...request, redirect: "manual", signal });
    answer = await read(response);
  } catch (error) {
    return unanswered(error);
  }
  const { host, pathname } = new URL(address);
  if (answer.status === 429 || answer.status >= 500) {
    throw new TransientError(`could not ask https://${host}${pathname} now: HTTP ${answer.status}`);
  }
  return answer;
}

async function read(response: Response): Promise<Answer> {
  const body = await limited(response);
  return {
    status: response.status,
    json: parsed(body.toString("utf8")),
    digest: response.headers.get("docker-content-digest"),
    computedDigest: `sha256:${createHash("sha256").update(body).digest("hex")}`,
    mediaType: response.headers.get("content-type")?.split(";")[0] ?? null,
    sizeInBytes: body.length,
    reason: "",
  };
}

async function limited(response: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  if (!response.body) return Buffer.alloc(0);
  for await (const part of response.body as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > largestBodyInBytes) throw new Error("answer larger than 4 MiB");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function unanswered(error: unknown): Answer {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  const reason = [cause?.code, name].find((word) => typeof word === "string") ?? "Error";
  return { status: 0, json: undefined, digest: null, computedDigest: "", mediaType: null, sizeInBytes: 0, reason };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** No answer, or the registry's network rules: nothing that a credential could change. */
export function stageOf({ status, json }: Pick<Answer, "status" | "json">, otherwise: PullStage): PullStage {
  return status === 0 || isFirewalled(status, sentence(json)) ? "network" : otherwise;
}

export function isFirewalled(status: number, text: string): boolean {
  return status === 403 && /firewall|client with ip|not allowed access|public network access/i.test(text);
}

/** The registry's code and sentence, or what there was instead. */
export function sentenceOf({ status, json, reason }: Answer): string {
  if (status === 0) return `no answer from the registry (${reason})`;
  return cleaned(sentence(json)) || `HTTP ${status}`;
}

/** The same from a body as text; the text itself when it is nothing a registry would say. */
export function sentenceIn(text: string): string {
  return cleaned(sentence(parsed(text))) || text;
}

type Errors = { readonly errors?: readonly { readonly code?: unknown; readonly message?: unknown }[] };
type OAuthError = { readonly error?: unknown; readonly error_description?: unknown };

function sentence(json: unknown): string {
  if (typeof json !== "object" || json === null) return "";
  const { errors } = json as Errors;
  const first = Array.isArray(errors) ? (errors as NonNullable<Errors["errors"]>)[0] : undefined;
  if (first) return words(first.code, first.message);
  const { error, error_description } = json as OAuthError;
  return words(error, error_description);
}

function words(...parts: readonly unknown[]): string {
  return parts.filter((part) => typeof part === "string").join(": ");
}
