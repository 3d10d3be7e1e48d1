import { writeFileSync } from "node:fs";
import { z } from "zod";
import { estateSchema } from "./schema.ts";

export const jsonSchemaFile = `${import.meta.dirname}/estate.schema.json`;

/** What an estate file may hold, for editors and for people: `"$schema": "./estate.schema.json"`. */
export function jsonSchema(): object {
  return z.toJSONSchema(estateSchema, { io: "input" });
}

if (import.meta.main) writeFileSync(jsonSchemaFile, JSON.stringify(jsonSchema(), undefined, 2));
