import type { AppManagementConfiguration, TenantAppManagementPolicy } from "@microsoft/microsoft-graph-types";
import type { CredentialPolicy, Known } from "../domain/facts.ts";
import { names } from "../domain/ids.ts";
import { readRefusal } from "./arm.ts";
import { asking } from "./asking.ts";
import type { Directory } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import type { Credentials } from "./credentials.ts";
import { unknownBy } from "./errors.ts";
import { guid } from "./guid.ts";
import { claimsOf } from "./jwt.ts";
import { listAll, type AskRest } from "./rest.ts";

type TenantFacts = Pick<Directory, "ourPermissions" | "objectsMade" | "hasDirectoryRole" | "credentialPolicy">;

/** What our rights show of a tenant's rules for us, before anything is made there. */
export function tenantFacts(graph: AskRest, { graphScope }: Cloud, credentials: Credentials): TenantFacts {
  const ourClaims = async (tenantId: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> => {
    const credential = await credentials.credentialFor(tenantId);
    const token = await credential.getToken(graphScope, { abortSignal: signal });
    return (await claimsOf(token?.token ?? "")) ?? {};
  };
  /** The object id of our service principal. */
  const ourselves: Ourselves = async (tenantId, signal) => {
    const { oid } = await ourClaims(tenantId, signal);
    return typeof oid === "string" ? guid(oid) : undefined;
  };
  return {
    ourPermissions: (tenantId) =>
      asking(
        { what: `sign in to tenant ${tenantId}`, repeatable: true },
        async (signal) => permissionsIn(await ourClaims(tenantId, signal)),
        readRefusal,
      ),

    ...roomForUs(graph, ourselves),

    credentialPolicy: (tenantId) =>
      asking(
        { what: `read the app management policy of tenant ${tenantId}`, repeatable: true },
        async (signal): Promise<Known<CredentialPolicy>> => {
          const to = "/v1.0/policies/defaultAppManagementPolicy";
          const { body } = await graph(tenantId, { method: "GET", to, signal });
          return { outcome: "known", value: policyOf(body as TenantAppManagementPolicy, new Date()) };
        },
        unknownBy,
      ),
  };
}

type Ourselves = (tenantId: string, signal: AbortSignal) => Promise<string | undefined>;

/** How much room there is for what we make, and whether a limit holds for us at all. */
function roomForUs(graph: AskRest, ourselves: Ourselves): Pick<TenantFacts, "objectsMade" | "hasDirectoryRole"> {
  return {
    objectsMade: (tenantId) =>
      asking(
        { what: `count what we have made in tenant ${tenantId}`, repeatable: true },
        async (signal): Promise<Known<number>> => {
          const id = await ourselves(tenantId, signal);
          if (id === undefined) return unnamed;
          const owned = `/v1.0/servicePrincipals/${id}/ownedObjects?$select=id`;
          const deleted = "/v1.0/directory/deletedItems/microsoft.graph.application?$select=id,uniqueName";
          const [live = [], gone = []] = await Promise.all(
            [owned, deleted].map((to) => listAll(graph, tenantId, { to, signal })),
          );
          return { outcome: "known", value: live.length + objectsOf(gone) };
        },
        unknownBy,
      ),

    hasDirectoryRole: (tenantId) =>
      asking(
        { what: `list what we are a member of in tenant ${tenantId}`, repeatable: true },
        async (signal): Promise<Known<boolean>> => {
          const id = await ourselves(tenantId, signal);
          if (id === undefined) return unnamed;
          const to = `/v1.0/servicePrincipals/${id}/memberOf?$select=id`;
          const memberships = await listAll(graph, tenantId, { to, signal });
          if (memberships.some(({ "@odata.type": type }) => type === "#microsoft.graph.directoryRole"))
            return { outcome: "known", value: true };
          if (memberships.length === 0) return { outcome: "known", value: false };
          return { outcome: "unknown", detail: "our identity may have a directory role through a group" };
        },
        unknownBy,
      ),
  };
}

const unnamed = { outcome: "unknown", detail: "our token names no object of ours" } as const;

function permissionsIn({ roles, scp }: Readonly<Record<string, unknown>>): Known<readonly string[]> {
  // A person's token, of the developer at the Azure CLI: rights come from that person's roles.
  if (scp !== undefined) return { outcome: "unknown", detail: "we sign in as a person, whose rights no token names" };
  const named = Array.isArray(roles) ? (roles as unknown[]) : [];
  return { outcome: "known", value: named.filter((role) => typeof role === "string") };
}

/** With an application of ours its service principal was deleted, and counts too. */
function objectsOf(deletedApplications: readonly Readonly<Record<string, unknown>>[]): number {
  return 2 * deletedApplications.filter(({ uniqueName }) => isOurs(uniqueName)).length;
}

function isOurs(uniqueName: unknown): boolean {
  return typeof uniqueName === "string" && uniqueName.startsWith(names.application(""));
}

/** Only in the beta reference yet, but shown by tenants that have it. */
type WithAudiences = AppManagementConfiguration & {
  readonly audiences?: { readonly azureAdMultipleOrgs?: Restriction | null } | null;
};
type Restriction = {
  readonly state?: string | null;
  readonly restrictForAppsCreatedAfterDateTime?: string | null;
};

/** Enabled unless it says otherwise. It may hold only for applications made after a date: ours is made now. */
function isInForce({ state, restrictForAppsCreatedAfterDateTime: after }: Restriction, now: Date): boolean {
  return state !== "disabled" && !(after && new Date(after) > now);
}

function policyOf({ isEnabled, applicationRestrictions }: TenantAppManagementPolicy, now: Date): CredentialPolicy {
  const { passwordCredentials, audiences } = (applicationRestrictions ?? {}) as WithAudiences;
  const inForce = (isEnabled ? (passwordCredentials ?? []) : []).filter((one) => isInForce(one, now));
  const lifetimes = inForce
    .filter(({ restrictionType }) => restrictionType === "passwordLifetime")
    .map(({ maxLifetime }) => daysIn(maxLifetime ?? ""))
    .filter((days) => days !== undefined);
  const multitenant = audiences?.azureAdMultipleOrgs;
  return {
    forbidsPasswords: inForce.some(({ restrictionType }) => restrictionType === "passwordAddition"),
    longestLifetimeInDays: lifetimes.length === 0 ? null : Math.min(...lifetimes),
    forbidsMultitenant: Boolean(isEnabled && multitenant && isInForce(multitenant, now)),
  };
}

const durationPattern =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
/** Years and months at their shortest: a secret that is too long is refused, one that is shorter is not. */
const daysPerPart = [365, 28, 7, 1, 1 / 24, 1 / 1440, 1 / 86_400];

/** Days in an ISO 8601 duration; undefined for anything else. */
export function daysIn(duration: string): number | undefined {
  const parts = durationPattern.exec(duration)?.slice(1);
  if (!parts || parts.every((part) => part === undefined)) return undefined;
  return parts.reduce((days, part, place) => days + Number(part ?? 0) * (daysPerPart[place] ?? 0), 0);
}
