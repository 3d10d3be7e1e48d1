import type { Call } from "../kit/contract.ts";
import { Refusal } from "./refusal.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The body as a JSON object; throws Refusal in ARM's words. */
export function bodyOf(call: Call): JsonObject {
  const contentType = call.header("content-type");
  if (contentType !== undefined && !/^application\/(\S+\+)?json\b/i.test(contentType))
    throw new Refusal(
      "UnsupportedMediaType",
      `The content media type '${contentType}' is not supported. Only 'application/json' is supported.`,
    );
  const parsed = parse(call.body);
  if (!isObject(parsed))
    throw new Refusal(
      "InvalidRequestContent",
      "The request content was invalid and could not be deserialized: 'a JSON object was expected'.",
    );
  return parsed;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words would quote the body, which may hold a secret.
    throw new Refusal(
      "InvalidRequestContent",
      "The request content was invalid and could not be deserialized: 'the body is not valid JSON'.",
    );
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectAt(body: JsonObject, name: string): JsonObject | undefined {
  const value = body[name];
  return isObject(value) ? value : undefined;
}

export function textAt(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  return typeof value === "string" ? value : undefined;
}
