import en from "zod/v4/locales/en.js";
import * as z from "zod/mini";
import { InputError } from "../domain/errors.ts";

// The small build of zod has no words of its own.
z.config(en());

/** Shells leave carriage returns and spaces at the ends of what they insert. */
export const trimmed = z.string().check(z.trim());

/** The body as its schema says; each fault with the name of its field, all at once. */
export function readBody<Schema extends z.ZodMiniType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${path.map(String).join(".") || "the body"}: ${message}`,
  );
  throw new InputError("CP-BAD-REQUEST", faults.join("; "));
}
