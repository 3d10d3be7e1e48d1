import type { Estate } from "./types.ts";

/** What the schema cannot see: ids that lead nowhere, keys used twice. One line each. */
export function danglingReferences(estate: Estate): string[] {
  const tenants = new Set(estate.tenants.map(({ id }) => id));
  const subscriptions = new Set(estate.subscriptions.map(({ id }) => id));
  const identities = new Set(estate.managedIdentities.map(({ name }) => name));
  const keys = new Map(estate.applications.map((application) => [application.key, application]));
  const faults: string[] = [];
  const expect = (holds: boolean, fault: string): void => void (holds || faults.push(fault));

  expect(keys.size === estate.applications.length, "two applications have the same key");
  for (const { key, tenantId, servicePrincipals, federatedCredentials } of estate.applications) {
    expect(tenants.has(tenantId), `application ${key}: no tenant ${tenantId}`);
    for (const principal of servicePrincipals)
      expect(tenants.has(principal.tenantId), `application ${key}: no tenant ${principal.tenantId}`);
    for (const { managedIdentity } of federatedCredentials)
      expect(identities.has(managedIdentity), `application ${key}: no managed identity ${managedIdentity}`);
  }
  for (const { displayName, tenantId } of estate.groups)
    expect(tenants.has(tenantId), `group ${displayName}: no tenant ${tenantId}`);
  for (const { id, tenantId } of estate.subscriptions)
    expect(tenants.has(tenantId), `subscription ${id}: no tenant ${tenantId}`);
  for (const { name, subscriptionId } of [...estate.clusters, ...estate.registries, ...estate.vaults])
    expect(subscriptions.has(subscriptionId), `${name}: no subscription ${subscriptionId}`);
  const registries = new Set(estate.registries.map(({ name }) => `${name.toLowerCase()}.azurecr.io`));
  for (const { name, pulls = [] } of estate.clusters)
    for (const image of pulls) expect(registries.has(hostOf(image)), `cluster ${name}: no registry for ${image}`);
  for (const { name, identity } of estate.clusters)
    if (identity.kind === "servicePrincipal")
      expect(
        (keys.get(identity.application)?.secrets.length ?? 0) > 0,
        `cluster ${name}: no secret for its application`,
      );
  const groups = new Set(estate.managementGroups.map(({ id }) => id.toLowerCase()));
  for (const { id, parent, subscriptions: inside } of estate.managementGroups) {
    const isThere = parent === undefined || groups.has(parent.toLowerCase()) || tenants.has(parent.toLowerCase());
    expect(isThere, `management group ${id}: no management group ${parent}`);
    for (const one of inside) expect(subscriptions.has(one), `management group ${id}: no subscription ${one}`);
  }
  return faults;
}

function hostOf(image: string): string {
  return image.slice(0, Math.max(0, image.indexOf("/"))).toLowerCase();
}
