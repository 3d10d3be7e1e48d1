import type { Dump, PolicyDump } from "./dump.ts";
import type { LinkAnswer } from "./evidence.ts";
import { same } from "./names.ts";
import { admits } from "./network.ts";
import { canKeepSecrets, idsOf, type Place, type Standing } from "./rights.ts";

/** An application and its service principal. */
const objectsOfOne = 2;

/** Why the directory of the cluster's company lets the app make no application with a password; undefined where it does. */
export function directoryRefuses(
  tenantId: string,
  link: LinkAnswer | undefined,
  { dump, automation }: Standing,
): string | undefined {
  const tenant = dump.entra.tenants.find(({ id }) => same(id, tenantId));
  const us = tenant?.servicePrincipals.find(({ appId }) => same(appId, automation));
  if (!tenant || !us) return "the app is not in the cluster's tenant";
  if (!us.appRoles.some(({ value }) => value.startsWith("Application.ReadWrite.")))
    return "the app may not make applications in the cluster's tenant";
  const quota = tenant.quotas.find(({ principalId }) => principalId === us.id);
  if (quota && !link?.pullIdentity && quota.most - quota.made < objectsOfOne)
    return `the app has made ${quota.made} of ${quota.most} objects`;
  return policyRefuses(tenant.appManagementPolicy);
}

/** A cap on the life of passwords refuses nothing: shorter ones are taken. */
function policyRefuses({ isEnabled, applicationRestrictions }: PolicyDump): string | undefined {
  const { passwordCredentials = [], audiences } = applicationRestrictions;
  const holds = (one: { readonly state?: string } | undefined): boolean =>
    isEnabled && one !== undefined && one.state !== "disabled";
  if (passwordCredentials.some((one) => one.restrictionType === "passwordAddition" && holds(one)))
    return "a policy of the cluster's tenant forbids passwords";
  return holds(audiences?.azureAdMultipleOrgs)
    ? "a policy of the cluster's tenant forbids applications for other companies"
    : undefined;
}

/** Why the vault keeps no secret for the app; undefined where it does. */
export function vaultRefuses(tenantId: string, secretLifeInDays: number, standing: Standing): string | undefined {
  const { vault, arm } = standing.dump;
  const network = {
    publicNetworkAccess: vault.publicNetworkAccess,
    defaultAction: vault.networkAcls.defaultAction,
    ipRules: vault.networkAcls.ipRules.map(({ value }) => value),
    privateEndpoints: [],
  };
  if (!admits(network, arm.callerAddress)) return "the vault's firewall does not admit the app";
  if (!mayKeepSecretsIn({ id: vault.id, tenantId }, standing)) return "the app may not keep secrets in the vault";
  const { maximumValidityInDays: most = Infinity, minimumDaysBeforeExpiry: least = 0 } = vault.policies ?? {};
  return secretLifeInDays > most || secretLifeInDays <= least
    ? "a policy denies secrets of that life in the vault"
    : undefined;
}

function mayKeepSecretsIn(vault: Place, standing: Standing): boolean {
  const { byRoles, accessPolicies } = standing.dump.vault;
  if (byRoles) return canKeepSecrets(vault, standing);
  const ids = idsOf(standing.automation, vault.tenantId, standing.dump);
  const given = accessPolicies
    .filter(({ objectId }) => ids.includes(objectId))
    .flatMap(({ permissions }) => permissions.secrets ?? [])
    .map((one) => one.toLowerCase());
  return given.includes("all") || ["get", "list", "set"].every((one) => given.includes(one));
}

/** The tenant that the app and its vault are in: the one where the app is at home. */
export function homeOf({ entra }: Dump, automation: string): string {
  const home = entra.tenants.find(({ applications }) => applications.some(({ appId }) => same(appId, automation)));
  return home?.id ?? "";
}
