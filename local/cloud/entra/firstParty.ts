import { digestOf } from "../kit/chance.ts";
import { guidFrom } from "../kit/ids.ts";
import { graphAppId } from "./permissions.ts";
import type { ServicePrincipal } from "./state.ts";

/** Microsoft's own tenant, where its applications are at home. */
export const microsoftTenantId = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

export const registryServiceAppId = "6a0ec4d3-30cb-4a83-91c0-ae56bc0e3d26";
export const aksServerAppId = "6dae42f8-4368-4678-94ff-3960e28e3630";

interface FirstParty {
  readonly appId: string;
  readonly displayName: string;
  readonly names: readonly string[];
}

/** Microsoft's applications that this cloud speaks of. Their service principals are there without anybody's consent. */
const firstParties: readonly FirstParty[] = [
  { appId: graphAppId, displayName: "Microsoft Graph", names: [graphAppId, "https://graph.microsoft.com"] },
  { appId: aksServerAppId, displayName: "Azure Kubernetes Service AAD Server", names: [aksServerAppId] },
  {
    appId: registryServiceAppId,
    displayName: "Azure Container Registry",
    names: [registryServiceAppId, "https://containerregistry.azure.net"],
  },
];

export function firstParty(appId: string): FirstParty | undefined {
  return firstParties.find((one) => one.appId === appId.toLowerCase());
}

export function isFirstParty(appId: string): boolean {
  return firstParty(appId) !== undefined;
}

/** The registry service comes to a tenant with its first registry; the others are in every one. */
export function firstPartyPrincipals(
  tenantIds: readonly string[],
  registryTenants: readonly string[],
  now: number,
): ServicePrincipal[] {
  return tenantIds.flatMap((tenantId) =>
    firstParties
      .filter(({ appId }) => appId !== registryServiceAppId || registryTenants.includes(tenantId))
      .map((one) => firstPartyPrincipal(tenantId, one, now)),
  );
}

export function firstPartyPrincipal(
  tenantId: string,
  { appId, displayName }: Pick<FirstParty, "appId" | "displayName">,
  now: number,
): ServicePrincipal {
  return {
    id: guidFrom(digestOf(["first party", tenantId, appId])),
    tenantId,
    appId,
    displayName,
    kind: "Application",
    createdDateTime: new Date(now).toISOString(),
    owners: [],
    accountEnabled: true,
    directoryRoles: [],
    knownFrom: now,
    appRoles: [],
  };
}
