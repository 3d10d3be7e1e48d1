import type { z } from "zod";
import type { estateSchema } from "./schema.ts";

/**
 * Two tenants and what is in them, before anybody calls. Checked, defaults filled in, generated clusters included.
 * Every id is lower-case; names keep their case. The meaning of each field stands in schema.ts and the files beside it.
 */
export type Estate = z.output<typeof estateSchema>;
export type EstateApplication = Estate["applications"][number];
export type EstateCluster = Estate["clusters"][number];
export type EstateRegistry = Estate["registries"][number];
export type EstateGroup = Estate["groups"][number];
export type EstateVault = Estate["vaults"][number];
export type EstateRoleDefinition = Estate["roleDefinitions"][number];
export type EstateRoleAssignment = Estate["roleAssignments"][number];

/** What a file may hold: defaults left out. */
export type EstateInput = z.input<typeof estateSchema>;
