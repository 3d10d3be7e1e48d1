import { z } from "zod";
import { guid, name } from "./schemaBasics.ts";

export const roleDefinition = z.strictObject({
  id: guid,
  roleName: name,
  description: z.string().default(""),
  assignableScopes: z.array(name).min(1),
  actions: z.array(name).default([]),
  notActions: z.array(name).default([]),
  dataActions: z.array(name).default([]),
  notDataActions: z.array(name).default([]),
});

export const roleAssignment = z.strictObject({
  scope: z.string().startsWith("/"),
  principalId: guid,
  /** Name of a built-in role, or of one in `roleDefinitions`. */
  role: name,
  condition: name.optional(),
});

/** The group of a whole tenant has the tenant's id as its name, and need not be listed. */
export const managementGroup = z.strictObject({
  /** Its name: the last part of `/providers/Microsoft.Management/managementGroups/<id>`. */
  id: name.transform((text) => text.split("/").at(-1) ?? text),
  /** The group it is in; in that of the tenant, if absent. */
  parent: name.nullish().transform((text) => text?.split("/").at(-1)),
  /** Ids of the subscriptions that are in it directly. */
  subscriptions: z
    .array(
      z
        .string()
        .transform((text) => text.replace(/^\/subscriptions\//i, ""))
        .pipe(guid),
    )
    .default([]),
});

/** Takes actions away from principals, whatever their roles say. */
export const denyAssignment = z.strictObject({
  name,
  description: z.string().default(""),
  scope: z.string().startsWith("/"),
  /** Object ids; or everyone. */
  principals: z.array(z.union([z.literal("everyone"), guid])).default(["everyone"]),
  excludePrincipals: z.array(guid).default([]),
  actions: z.array(name).default([]),
  notActions: z.array(name).default([]),
  dataActions: z.array(name).default([]),
  notDataActions: z.array(name).default([]),
  doNotApplyToChildScopes: z.boolean().default(false),
});
