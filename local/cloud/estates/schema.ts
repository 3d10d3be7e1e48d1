import { z } from "zod";

const guid = z.guid().transform((text) => text.toLowerCase());
const instant = z.iso.datetime();
const name = z.string().min(1);

const tenant = z.strictObject({ id: guid, name, domain: name });

const secret = z.strictObject({
  keyId: guid.optional(),
  displayName: name.optional(),
  value: z.string().min(16).max(64),
  /** Two years after the cloud's start, if absent. */
  expiresAt: instant.optional(),
});

const federatedCredential = z.strictObject({
  name,
  /** Name of the managed identity trusted; its tenant gives the issuer, its object id the subject. */
  managedIdentity: name,
  audiences: z.array(name).default(["api://AzureADTokenExchange"]),
});

const grantedAppRole = z.strictObject({
  /** `graph`, or the appId of an application of this estate. */
  resource: z.union([z.literal("graph"), guid]),
  /** The role's value, e.g. `Application.ReadWrite.OwnedBy`. */
  role: name,
});

const servicePrincipal = z.strictObject({
  tenantId: guid,
  objectId: guid,
  appRoles: z.array(grantedAppRole).default([]),
  /** Of Entra: `Application Administrator`. Who has one may make any number of applications. */
  directoryRoles: z.array(name).optional(),
});

const application = z.strictObject({
  /** How this file and the environment speak of it: `automation`, `api`, `operator` ... */
  key: name,
  appId: guid,
  objectId: guid,
  /** Home tenant. */
  tenantId: guid,
  displayName: name,
  signInAudience: z.enum(["AzureADMyOrg", "AzureADMultipleOrgs"]).default("AzureADMyOrg"),
  identifierUris: z.array(name).default([]),
  redirectUris: z.array(z.url()).default([]),
  /** 2: tokens for this application are v2 tokens, whose audience is the appId. */
  requestedAccessTokenVersion: z.union([z.literal(1), z.literal(2)]).default(1),
  appRoles: z.array(z.strictObject({ id: guid, value: name, displayName: name })).default([]),
  secrets: z.array(secret).default([]),
  federatedCredentials: z.array(federatedCredential).default([]),
  servicePrincipals: z.array(servicePrincipal).default([]),
});

/** User-assigned. `objectId` is its principal id, the subject of its tokens. */
const managedIdentity = z.strictObject({
  tenantId: guid,
  name,
  clientId: guid,
  objectId: guid,
  subscriptionId: guid,
  resourceGroup: name,
});

const subscription = z.strictObject({ id: guid, tenantId: guid, name });
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

const cluster = z.strictObject({
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
});

const repository = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(?:[._/-][a-z0-9]+)*$/),
  /** Each tag is a small real image; its bytes follow from registry, repository and tag. */
  tags: z.array(name).min(1),
});

const ipRange = z.union([z.ipv4(), z.cidrv4()]);

const registry = z.strictObject({
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
const vault = z.strictObject({ ...resource, policies: vaultPolicies.optional() });

const roleDefinition = z.strictObject({
  id: guid,
  roleName: name,
  description: z.string().default(""),
  assignableScopes: z.array(name).min(1),
  actions: z.array(name).default([]),
  notActions: z.array(name).default([]),
  dataActions: z.array(name).default([]),
  notDataActions: z.array(name).default([]),
});

const roleAssignment = z.strictObject({
  scope: z.string().startsWith("/"),
  principalId: guid,
  /** Name of a built-in role, or of one in `roleDefinitions`. */
  role: name,
  condition: name.optional(),
});

/** A security group; roles given to it are given to its members, and to the members of groups in it. */
const group = z.strictObject({
  objectId: guid,
  tenantId: guid,
  displayName: name,
  /** Object ids of service principals, managed identities and other groups of the tenant. */
  members: z.array(guid).default([]),
});

/** The group of a whole tenant has the tenant's id as its name, and need not be listed. */
const managementGroup = z.strictObject({
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
const denyAssignment = z.strictObject({
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
