import { readFileSync } from "node:fs";
import { codeOf, HostError, messageOf } from "../errors.ts";

export type Json = Readonly<Record<string, unknown>>;

/** A JSON object, undefined where there is no such file. Comments and trailing commas are for those the platform's reader allows them in. */
export function readJson(file: string, { comments = false } = {}): Json | undefined {
  const content = readText(file);
  if (content === undefined) return undefined;
  const plain = content.replace(/^\uFEFF/, "");
  try {
    const parsed: unknown = JSON.parse(comments ? withoutComments(plain) : plain);
    if (isObject(parsed)) return parsed;
  } catch (error) {
    throw new HostError(`${file} is not JSON: ${messageOf(error)}`);
  }
  throw new HostError(`${file} must be a JSON object`);
}

export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw new HostError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Takes out comments and trailing commas. Positions stay as they were. */
function withoutComments(text: string): string {
  const blank = (found: string): string => (found.startsWith('"') ? found : found.replace(/[^\n]/g, " "));
  return text
    .replace(/"(?:\\.|[^"\\])*"|\/\/.*|\/\*[^]*?\*\//g, blank)
    .replace(/"(?:\\.|[^"\\])*"|,(?=\s*[}\]])/g, blank);
}
