import type { AppManagementPolicy, Application, CredentialRestriction, Restriction } from "../entra/state.ts";
import type { GraphNeeds } from "./needs.ts";

/** What no administrator ever touched. */
const untouched: AppManagementPolicy = {
  isEnabled: false,
  applicationRestrictions: { passwordCredentials: [], keyCredentials: [] },
  servicePrincipalRestrictions: { passwordCredentials: [], keyCredentials: [] },
};

/** The policy of a tenant as its administrators see it. */
export function policyOf(needs: Pick<GraphNeeds, "tenants" | "life">, tenantId: string): AppManagementPolicy {
  const { tenants, life } = needs;
  const stored = tenants.storedPolicy(tenantId)?.policy;
  if (stored) return stored;
  return hasCap(needs, tenantId)
    ? capped(life.chance("appManagementPolicies", `${tenantId} lifetime`) < 0.5 ? "P30D" : "P90D")
    : untouched;
}

/** Did the switch put a policy there, which nobody has changed? */
function hasCap({ tenants, life }: Pick<GraphNeeds, "tenants" | "life">, tenantId: string): boolean {
  const isTouched = tenants.storedPolicy(tenantId) !== undefined || tenants.isSpared(tenantId);
  return !isTouched && life.struckBy("appManagementPolicies", tenantId);
}

/** Counts an effect where the policy is the switch's own. */
export function strikeSeeded(needs: GraphNeeds, tenantId: string): void {
  if (hasCap(needs, tenantId)) needs.life.strike("appManagementPolicies");
}

/** The policy by which the replica asked judges what is new. */
export function policyInForce(needs: GraphNeeds, tenantId: string): AppManagementPolicy {
  const stored = needs.tenants.storedPolicy(tenantId);
  if (!stored) return policyOf(needs, tenantId);
  return needs.replicas.know("policy", tenantId, stored.changedAt) ? stored.policy : stored.before;
}

function capped(maxLifetime: string): AppManagementPolicy {
  const passwordLifetime = {
    restrictionType: "passwordLifetime",
    state: "enabled",
    maxLifetime,
    restrictForAppsCreatedAfterDateTime: "2020-01-01T00:00:00Z",
  } as const;
  return {
    ...untouched,
    isEnabled: true,
    applicationRestrictions: { passwordCredentials: [passwordLifetime], keyCredentials: [] },
  };
}

export interface Refused {
  readonly code: string;
  readonly message: string;
}

/** Why a password of that life may not be added, in Graph's words; undefined where it may. */
export function passwordRefusal(
  { isEnabled, applicationRestrictions }: AppManagementPolicy,
  made: Pick<Application, "createdDateTime">,
  lifeInMs: number,
): Refused | undefined {
  if (!isEnabled) return undefined;
  const restrictions = (applicationRestrictions.passwordCredentials ?? []).filter((one) => holdsFor(one, made));
  if (restrictions.some(({ restrictionType }) => restrictionType === "passwordAddition"))
    return {
      code: "CredentialTypeNotAllowedAsPerAppPolicy",
      message: "Credential type not allowed as per assigned policy.",
    };
  return restrictions.some((one) => isTooLong(one, lifeInMs))
    ? {
        code: "CredentialInvalidLifetimeAsPerAppPolicy",
        message: "Credential lifetime exceeds the max value allowed as per assigned policy.",
      }
    : undefined;
}

function isTooLong({ restrictionType, maxLifetime }: CredentialRestriction, lifeInMs: number): boolean {
  const most = maxLifetime ? durationInMs(maxLifetime) : undefined;
  return restrictionType === "passwordLifetime" && most !== undefined && lifeInMs > most;
}

/** Does the policy forbid that applications admit whom this audience admits? */
export function forbidsAudience(
  { isEnabled, applicationRestrictions: { audiences } }: AppManagementPolicy,
  made: Pick<Application, "createdDateTime">,
  audience: string,
): boolean {
  if (!isEnabled || !audiences) return false;
  const { azureAdMultipleOrgs: organizations, personalMicrosoftAccount: persons } = audiences;
  const admitsOrganizations = audience === "AzureADMultipleOrgs" || audience === "AzureADandPersonalMicrosoftAccount";
  const admitsPersons = audience.includes("PersonalMicrosoftAccount");
  return (
    (admitsOrganizations && organizations !== undefined && holdsFor(organizations, made)) ||
    (admitsPersons && persons !== undefined && holdsFor(persons, made))
  );
}

/** A restriction without a state is enabled; with a date it holds only for what was made after it. */
function holdsFor(
  { state, restrictForAppsCreatedAfterDateTime: from }: Restriction,
  { createdDateTime }: Pick<Application, "createdDateTime">,
): boolean {
  return state !== "disabled" && (!from || Date.parse(createdDateTime) >= Date.parse(from));
}

const durationPattern = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const secondsOf = [365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1];

/** Of an ISO 8601 duration, `P90D`; undefined for any other text. */
export function durationInMs(text: string): number | undefined {
  const parts = durationPattern.exec(text)?.slice(1);
  if (!parts || text === "P" || text.endsWith("T")) return undefined;
  return parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (secondsOf[index] ?? 0) * 1000, 0);
}
