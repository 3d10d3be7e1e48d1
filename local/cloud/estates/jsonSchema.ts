import { writeFileSync } from "node:fs";
import { z } from "zod";
import { estateSchema } from "./schema.ts";

export const jsonSchemaFile = `${import.meta.dirname}/estate.schema.json`;

/** What an estate file may hold, for editors and for people: `"$schema": "./estate.schema.json"`. */
export function jsonSchema(): object {
  const { required = [], ...schema } = z.toJSONSchema(estateSchema, {
    io: "input",
    override: ({ jsonSchema: made }) => {
      if (made.format !== undefined && !standardFormats.includes(made.format)) delete made.format;
    },
  });
  // What a file extends may give it all that it needs.
  return { ...schema, anyOf: [{ required }, { required: ["extends"] }] };
}

/** Validators refuse a schema with a format they do not know; what zod calls so besides also has a pattern. */
const standardFormats: readonly string[] = ["date", "date-time", "ipv4", "uri", "uuid"];

if (import.meta.main) writeFileSync(jsonSchemaFile, JSON.stringify(jsonSchema(), undefined, 2));
