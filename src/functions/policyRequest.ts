import * as z from "zod/mini";
import { InputError } from "../domain/errors.ts";
import { policyBounds, type ClusterPolicy } from "../domain/policy.ts";
import { parseWindow, type MaintenanceWindow } from "../domain/window.ts";
import { readBody, trimmed } from "./bodies.ts";

const { lifetimeInDays, fraction } = policyBounds;

/** Null is as good as nothing: so a policy shows what is not set. */
const schema = z.strictObject({
  lifetimeInDays: z.nullish(z.int().check(z.minimum(lifetimeInDays.least), z.maximum(lifetimeInDays.most))),
  fraction: z.nullish(z.number().check(z.minimum(fraction.least), z.maximum(fraction.most))),
  window: z.nullish(trimmed.check(z.maxLength(512))),
});

/** Reads the body of PUT /api/clusters/{id}/policy. */
export function parsePolicy(body: unknown): ClusterPolicy {
  const { lifetimeInDays: days, fraction: part, window } = readBody(schema, body);
  return {
    lifetimeInDays: days ?? null,
    fraction: part ?? null,
    window: typeof window === "string" ? windowOf(window) : null,
  };
}

function windowOf(text: string): MaintenanceWindow {
  const parsed = parseWindow(text);
  if (parsed.outcome === "parsed") return parsed.window;
  throw new InputError("CP-BAD-REQUEST", `window: "${text}" cannot be read: ${parsed.reason}`);
}
