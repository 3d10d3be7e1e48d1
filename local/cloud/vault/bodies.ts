import { z } from "zod";
import type { SecretChange, SecretVersion } from "./secrets.ts";
import { jsonOf } from "../kit/texts.ts";

const attributes = z.object({
  enabled: z.boolean().nullish(),
  exp: z.int().min(0).nullish(),
  nbf: z.int().min(0).nullish(),
});
const properties = z.object({
  contentType: z.string().max(255).nullish(),
  tags: z.record(z.string().max(256), z.string().max(256)).nullish(),
  attributes: attributes.nullish(),
});
const setBody = properties.extend({ value: z.string() });

/** What is set, or a sentence that says what is wrong with the body. */
export function parseSet(body: string): { readonly value: string; readonly properties: SecretChange } | string {
  const parsed = setBody.safeParse(jsonOf(body));
  if (!parsed.success) return "The parameter value is missing or invalid.";
  const { value } = parsed.data;
  if (Buffer.byteLength(value) > largestValueInBytes) return "The secret value is larger than 25k bytes.";
  return { value, properties: changeOf(parsed.data) };
}

export function parseChange(body: string): SecretChange | string {
  const parsed = properties.safeParse(jsonOf(body));
  return parsed.success ? changeOf(parsed.data) : "The request body is invalid.";
}

const largestValueInBytes = 25_600;

function changeOf({ contentType, tags, attributes: given }: z.output<typeof properties>): SecretChange {
  const { enabled, exp, nbf } = given ?? {};
  return {
    ...(contentType && { contentType }),
    ...(tags && { tags }),
    ...(typeof enabled === "boolean" && { enabled }),
    ...(typeof exp === "number" && { exp }),
    ...(typeof nbf === "number" && { nbf }),
  };
}

/** How long and how firmly the vault keeps what is deleted. */
export interface Keeping {
  readonly isPurgeProtected: boolean;
  readonly retentionInDays: number;
}

/** An item of a list: everything but the value. */
export function item(
  id: string,
  { contentType, tags, enabled, exp, nbf, created, updated }: SecretVersion,
  keeping: Keeping,
): object {
  return {
    id,
    attributes: {
      enabled,
      ...(nbf !== undefined && { nbf }),
      ...(exp !== undefined && { exp }),
      created,
      updated,
      recoveryLevel: recoveryLevel(keeping),
      recoverableDays: keeping.retentionInDays,
    },
    ...(contentType && { contentType }),
    ...(tags && { tags }),
  };
}

function recoveryLevel({ isPurgeProtected, retentionInDays }: Keeping): string {
  const level = retentionInDays < 90 ? "CustomizedRecoverable" : "Recoverable";
  return isPurgeProtected ? level : `${level}+Purgeable`;
}
