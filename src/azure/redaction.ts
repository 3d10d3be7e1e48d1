import type { Secret } from "../domain/secret.ts";

const shown = "[secret]";
/** Tokens of Entra and of registries, and client secrets as Entra makes them. */
const tokenPattern = /\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g;
const clientSecretPattern = /[\w~.-]{3}8Q~[\w~.-]{30,}/g;
/** Fewer characters than this say too little to be looked for. */
const shortestTrace = 6;

/** The text without these secrets in any form a service may repeat them, and without what looks like a token. */
export function redacted(text: string, secrets: readonly Secret[]): string {
  if (text === "") return "";
  const known = secrets
    .flatMap(patternsOf)
    // The longest first: a shorter form may be a part of it.
    .sort((a, b) => b.source.length - a.source.length)
    .reduce((rest, pattern) => rest.replaceAll(pattern, shown), text);
  return known.replace(tokenPattern, "[token]").replace(clientSecretPattern, shown);
}

/** True if the text holds the secret in any of these forms. */
export function holds(text: string, secret: Secret): boolean {
  return patternsOf(secret).some((pattern) => text.search(pattern) >= 0);
}

/** Every answer to a question with a secret in it is searched, in several of its texts: the patterns are made once. */
const patterns = new WeakMap<Secret, readonly RegExp[]>();

function patternsOf(secret: Secret): readonly RegExp[] {
  const known = patterns.get(secret);
  if (known) return known;
  const made = [...new Set(formsOf(secret.reveal()))].map((form) => new RegExp(escaped(form), "gi"));
  patterns.set(secret, made);
  return made;
}

function formsOf(value: string): readonly string[] {
  const asJson = JSON.stringify(value).slice(1, -1);
  const inForm = new URLSearchParams({ v: value }).toString().slice(2);
  const inUri = encodeURIComponent(value);
  const inHtml = value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
  const plain = [value, asJson, JSON.stringify(asJson).slice(1, -1), inForm, inUri, encodeURIComponent(inUri), inHtml];
  return [...plain, ...base64Of(value)].filter((form) => form !== "");
}

/**
 * Base64 of the value wherever it stands in a longer text: its letters depend on how many bytes come before it, and
 * the first and last ones on the neighbours.
 */
function base64Of(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const start = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    const core = text.slice(start, end);
    if (core.length < shortestTrace) return [];
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
