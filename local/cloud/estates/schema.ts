import { z } from "zod";
import { roleDefinition, roleAssignment, managementGroup, denyAssignment } from "./schemaAccess.ts";
import { guid, name } from "./schemaBasics.ts";
import { tenant, grantedAppRole, application, managedIdentity, group } from "./schemaDirectory.ts";
import { subscription, cluster, registry, vault } from "./schemaResources.ts";

/** What an application gets in the tenant of every generated customer. */
const customerAccess = z.strictObject({
  /** Its `key`. */
  application: name,
  appRoles: z.array(grantedAppRole).default([]),
  /** On the resource group of the customer's registry. */
  roles: z.array(z.strictObject({ role: name, condition: name.optional() })).default([]),
});

export const estateSchema = z.strictObject({
  $comment: z.string().optional(),
  $schema: z.string().optional(),
  /** Another estate beside this file: its lists come first, of everything else this file's word counts. */
  extends: name.optional(),
  tenants: z.array(tenant).min(1),
  applications: z.array(application).default([]),
  managedIdentities: z.array(managedIdentity).default([]),
  groups: z.array(group).default([]),
  subscriptions: z.array(subscription).default([]),
  clusters: z.array(cluster).default([]),
  registries: z.array(registry).default([]),
  vaults: z.array(vault).default([]),
  /** The public address that everybody but the nodes comes from. */
  callerAddress: z.ipv4().default("203.0.113.50"),
  roleDefinitions: z.array(roleDefinition).default([]),
  roleAssignments: z.array(roleAssignment).default([]),
  managementGroups: z.array(managementGroup).default([]),
  denyAssignments: z.array(denyAssignment).default([]),
  /** Where regions or clouds lag: the newest api-version of a type there, `Microsoft.ContainerService/managedClusters`. */
  newestApiVersions: z.record(name, z.iso.date()).default({}),
  /** Clusters to make besides, for load: `aks-0001` ... in `resourceGroup`, each with its own application. */
  generate: z
    .strictObject({
      clusters: z.int().min(0).max(20_000),
      tenantId: guid,
      subscriptionId: guid,
      resourceGroup: name,
      nodesPerCluster: z.int().min(1).default(1),
      /** As `pulls` of a cluster. */
      pulls: z.array(name).optional(),
    })
    .optional(),
  /** Registries to make besides: `registry00001` ..., spread over `rg-registries-001` and so on. */
  generateRegistries: z
    .strictObject({
      registries: z.int().min(0).max(20_000),
      subscriptionId: guid,
      resourceGroups: z.int().min(1).max(999).default(1),
    })
    .optional(),
  /** Tenants to make besides, `Customer 001` ..., each with a subscription and a registry `customer001`. */
  generateCustomers: z
    .strictObject({ customers: z.int().min(0).max(999), access: z.array(customerAccess).max(16) })
    .optional(),
});
