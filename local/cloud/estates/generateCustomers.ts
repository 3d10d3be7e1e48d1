import { randomFrom } from "../kit/random.ts";
import { numberedGuid } from "./generate.ts";
import type { Estate, EstateRegistry, EstateRoleAssignment } from "./types.ts";

type Knobs = NonNullable<Estate["generateCustomers"]>;

interface Customer {
  readonly tenant: Estate["tenants"][number];
  readonly subscription: Estate["subscriptions"][number];
  readonly registry: EstateRegistry;
}

/** Adds tenants with a subscription and a registry each, into which the named applications have been let. */
export function generateCustomers(estate: Estate, seed: number): Estate {
  const { generateCustomers: knobs, ...rest } = estate;
  if (!knobs) return estate;
  const random = randomFrom(seed);
  const customers = Array.from({ length: knobs.customers }, (_, index) => customer(index + 1, random));
  return {
    ...rest,
    tenants: [...estate.tenants, ...customers.map(({ tenant }) => tenant)],
    subscriptions: [...estate.subscriptions, ...customers.map(({ subscription }) => subscription)],
    registries: [...estate.registries, ...customers.map(({ registry }) => registry)],
    applications: estate.applications.map((application) => {
      const index = knobs.access.findIndex((one) => one.application === application.key);
      const access = knobs.access[index];
      if (!access) return application;
      const added = customers.map(({ tenant }, number) => ({
        tenantId: tenant.id,
        objectId: principalId(number + 1, index),
        appRoles: access.appRoles,
      }));
      return { ...application, servicePrincipals: [...application.servicePrincipals, ...added] };
    }),
    roleAssignments: [...estate.roleAssignments, ...customers.flatMap((one, index) => roles(one, index + 1, knobs))],
  };
}

function customer(number: number, random: () => number): Customer {
  const label = String(number).padStart(3, "0");
  const [tenantId, subscriptionId] = [numberedGuid("d", number), numberedGuid("e", number)];
  return {
    tenant: { id: tenantId, name: `Customer ${label}`, domain: `customer-${label}.example` },
    subscription: { id: subscriptionId, tenantId, name: `Customer ${label}` },
    registry: {
      name: `customer${label}`,
      subscriptionId,
      resourceGroup: "rg-registries",
      location: "westeurope",
      sku: "Standard",
      adminUserEnabled: false,
      anonymousPullEnabled: false,
      publicNetworkAccess: "Enabled",
      roleAssignmentMode: random() < 0.4 ? "AbacRepositoryPermissions" : "LegacyRegistryPermissions",
      azureADAuthenticationAsArmPolicy: random() < 0.4 ? "disabled" : "enabled",
      repositories: [{ name: "team/app", tags: ["v1"] }],
    },
  };
}

function roles({ registry }: Customer, number: number, { access }: Knobs): readonly EstateRoleAssignment[] {
  const { subscriptionId, resourceGroup } = registry;
  const scope = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  return access.flatMap((one, index) =>
    one.roles.map(({ role, condition }) => ({
      scope,
      role,
      principalId: principalId(number, index),
      ...(condition !== undefined && { condition }),
    })),
  );
}

function principalId(number: number, index: number): string {
  return numberedGuid("f", number * 16 + index);
}
