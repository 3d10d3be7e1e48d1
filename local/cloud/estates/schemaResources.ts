import { z } from "zod";
import { guid, name } from "./schemaBasics.ts";

export const subscription = z.strictObject({ id: guid, tenantId: guid, name });
const resource = { name, subscriptionId: guid, resourceGroup: name, location: name.default("westeurope") };
const provisioningState = z
  .enum(["Succeeded", "Failed", "Updating", "Upgrading", "Creating", "Canceled", "Stopping", "Starting"])
  .default("Succeeded");
const powerState = z.enum(["Running", "Stopped"]).default("Running");

const pool = z.strictObject({
  name,
  mode: z.enum(["System", "User"]).default("System"),
  vmSize: name.default("Standard_D4s_v5"),
  nodes: z.int().min(0).max(1000),
  /** How many nodes are re-imaged at once. */
  maxSurge: z.int().min(1).default(1),
  /** `VirtualMachineScaleSets`, if absent. */
  type: z.enum(["VirtualMachineScaleSets", "VirtualMachines"]).optional(),
  /** `Regular`, if absent. Spot nodes are re-imaged without a stand-in. */
  priority: z.enum(["Regular", "Spot"]).optional(),
  provisioningState,
  powerState,
});

export const cluster = z.strictObject({
  ...resource,
  /** `MC_<group>_<name>_<location>`, if absent. */
  nodeResourceGroup: name.optional(),
  kubernetesVersion: name.default("1.33.2"),
  identity: z.discriminatedUnion("kind", [
    /** The application's `key`; its first secret is the one the nodes hold. */
    z.strictObject({ kind: z.literal("servicePrincipal"), application: name }),
    z.strictObject({ kind: z.literal("managedIdentity"), objectId: guid }),
  ]),
  provisioningState,
  powerState,
  pools: z.array(pool).min(1),
  /** Resource id of the nodes' subnet, when it is not the one AKS makes. */
  vnetSubnetId: name.optional(),
  /** The same for each pool in turn; the first for those beyond. */
  subnets: z.array(name).optional(),
  /** Resource ids of what the cluster's controllers need rights on besides. */
  privateDnsZone: name.optional(),
  diskEncryptionSets: z.array(name).optional(),
  routeTable: name.optional(),
  /** The public address its nodes come from; one of its own in 198.18.0.0/15, if absent. */
  egressAddress: z.ipv4().optional(),
  /** Images its nodes pull whenever pulls are played: `<registry>.azurecr.io/team/app:v1`, a registry of this estate. */
  pulls: z.array(name).optional(),
  /** When AKS itself may touch it, as Azure shows it: names such as `aksManagedNodeOSUpgradeSchedule`. */
  maintenanceConfigurations: z
    .array(z.strictObject({ name, properties: z.record(z.string(), z.unknown()) }))
    .optional(),
});

const repository = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(?:[._/-][a-z0-9]+)*$/),
  /** Each tag is a small real image; its bytes follow from registry, repository and tag. */
  tags: z.array(name).min(1),
});

const ipRange = z.union([z.ipv4(), z.cidrv4()]);

export const registry = z.strictObject({
  ...resource,
  name: z.string().regex(/^[a-zA-Z0-9]{5,50}$/),
  sku: z.enum(["Basic", "Standard", "Premium"]).default("Standard"),
  roleAssignmentMode: z.enum(["LegacyRegistryPermissions", "AbacRepositoryPermissions"]),
  azureADAuthenticationAsArmPolicy: z.enum(["enabled", "disabled"]).default("enabled"),
  adminUserEnabled: z.boolean().default(false),
  anonymousPullEnabled: z.boolean().default(false),
  publicNetworkAccess: z.enum(["Enabled", "Disabled"]).default("Enabled"),
  /** Who may reach it, by IPv4 address or range. */
  networkRuleSet: z
    .strictObject({
      defaultAction: z.enum(["Allow", "Deny"]).default("Deny"),
      ipRules: z.array(z.strictObject({ action: z.literal("Allow").default("Allow"), value: ipRange })).default([]),
    })
    .optional(),
  /** Whoever comes from these addresses comes through a private endpoint: network rules do not hold for them. */
  privateEndpoints: z.array(z.strictObject({ name, addresses: z.array(ipRange).min(1) })).optional(),
  repositories: z.array(repository).default([]),
});

/** What Azure Policy denies of secrets, with the effect deny. */
const vaultPolicies = z.strictObject({
  contentTypeRequired: z.boolean().optional(),
  expiryRequired: z.boolean().optional(),
  maximumValidityInDays: z.int().min(1).optional(),
  /** Secrets that end sooner than so many days from now are denied. */
  minimumDaysBeforeExpiry: z.int().min(1).optional(),
});

/** The first vault is the one served at VAULT_URL. */
export const vault = z.strictObject({ ...resource, policies: vaultPolicies.optional() });
