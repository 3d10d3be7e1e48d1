import type { Estate, EstateRegistry } from "../../cloud/estates/estate.ts";
import { generateCustomers } from "../../cloud/estates/generateCustomers.ts";
import { registryId, registryPlace, tenantOf } from "./ids.ts";
import { candidatesFor, type Quiet } from "./quiet.ts";

/** Companies besides those that the estate names. */
const companies = 2;
/** Registries that each company with one gets besides. */
const registriesEach = 2;

/** More companies that have let the app in as the first one has, and more registries in each. */
export function withCompanies(estate: Estate, homeTenantId: string, quiet: Quiet): Estate {
  const first = estate.registries.find(({ subscriptionId }) => tenantOf(estate, subscriptionId) !== homeTenantId);
  if (!first) return estate;
  const all = generateCustomers(
    { ...estate, generateCustomers: { customers: candidatesFor(companies), access: accessLike(first, estate) } },
    1,
  );
  const candidates = all.registries.slice(estate.registries.length);
  const chosen = quiet.choose(candidates, companies, registryPlace, all);
  const wider = withOnly(estate, all, chosen);
  return [first, ...chosen].reduce((so, registry) => withMore(so, registry, quiet), wider);
}

/** What each application with a role at a registry of the first company has there. */
function accessLike(registry: EstateRegistry, estate: Estate): NonNullable<Estate["generateCustomers"]>["access"] {
  const tenantId = tenantOf(estate, registry.subscriptionId);
  return estate.applications.flatMap(({ key, servicePrincipals }) => {
    const there = servicePrincipals.find((one) => one.tenantId === tenantId);
    const roles = estate.roleAssignments.filter(
      ({ principalId, scope }) => principalId === there?.objectId && isAbove(scope, registry),
    );
    if (!there || roles.length === 0) return [];
    return [
      { application: key, appRoles: there.appRoles, roles: roles.map(({ role, condition }) => ({ role, condition })) },
    ];
  });
}

/** The estate as it was, with those of the generated companies whose registries are named. */
function withOnly(estate: Estate, all: Estate, chosen: readonly EstateRegistry[]): Estate {
  const subscriptions = new Set(chosen.map(({ subscriptionId }) => subscriptionId));
  const tenants = new Set(estate.tenants.map(({ id }) => id));
  for (const { id, tenantId } of all.subscriptions) if (subscriptions.has(id)) tenants.add(tenantId);
  return {
    ...all,
    tenants: all.tenants.filter(({ id }) => tenants.has(id)),
    subscriptions: all.subscriptions.filter(({ tenantId }) => tenants.has(tenantId)),
    applications: all.applications.map((one) => ({
      ...one,
      servicePrincipals: one.servicePrincipals.filter(({ tenantId }) => tenants.has(tenantId)),
    })),
    registries: [...estate.registries, ...chosen],
    roleAssignments: [
      ...estate.roleAssignments,
      ...all.roleAssignments
        .slice(estate.roleAssignments.length)
        .filter(({ scope }) => [...subscriptions].some((id) => scope.startsWith(`/subscriptions/${id}/`))),
    ],
  };
}

/** Registries like this one, behind it, with the roles that it has at itself. */
function withMore(estate: Estate, first: EstateRegistry, quiet: Quiet): Estate {
  const numbers = Array.from({ length: candidatesFor(registriesEach) }, (_, index) => index + 2);
  const candidates = numbers.map((number) => ({ ...first, name: `${first.name}${number}` }));
  const all = { ...estate, registries: [...estate.registries, ...candidates] };
  const added = quiet.choose(candidates, registriesEach, registryPlace, all);
  const roles = estate.roleAssignments.filter(({ scope }) => scope.toLowerCase() === registryId(first).toLowerCase());
  const at = estate.registries.findIndex(({ name }) => name === first.name) + 1;
  return {
    ...estate,
    registries: [...estate.registries.slice(0, at), ...added, ...estate.registries.slice(at)],
    roleAssignments: [
      ...estate.roleAssignments,
      ...added.flatMap((one) => roles.map((role) => ({ ...role, scope: registryId(one) }))),
    ],
  };
}

function isAbove(scope: string, registry: EstateRegistry): boolean {
  return `${registryId(registry)}/`.toLowerCase().startsWith(`${scope.toLowerCase().replace(/\/$/, "")}/`);
}
