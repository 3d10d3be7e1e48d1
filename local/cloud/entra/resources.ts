import type { Life } from "../kit/life.ts";
import type { Tenants } from "./directory.ts";
import { aksServerAppId, registryServiceAppId } from "./firstParty.ts";
import { graphAppId } from "./permissions.ts";

/** What a token is asked for. */
export interface Resource {
  /** The `aud` claim. */
  readonly audience: string;
  /** Whose app roles go into `roles`; absent for services that have none. */
  readonly appId?: string;
  readonly tokenVersion: 1 | 2;
}

/** Addresses of this cloud's own services, which are audiences too, as in any cloud registered with the Azure CLI. */
export interface OwnAddresses {
  readonly armUrl: string;
  readonly graphUrl: string;
  readonly vaultUrl: string;
}

/** Microsoft's own services: present in every tenant. The keys are without a slash at the end. */
const microsoft: Readonly<Record<string, string | undefined>> = {
  "https://management.azure.com": undefined,
  "https://management.core.windows.net": undefined,
  "https://vault.azure.net": undefined,
  "https://containerregistry.azure.net": undefined,
  "https://eventgrid.azure.net": undefined,
  "api://azureadtokenexchange": undefined,
  "https://graph.microsoft.com": graphAppId,
  [graphAppId]: graphAppId,
  [aksServerAppId]: undefined,
};

const registryAudience = "https://containerregistry.azure.net";

export interface ResourceNeeds {
  readonly tenants: Tenants;
  readonly own: OwnAddresses;
  readonly life: Life;
}

/** `identifier`: a scope without `/.default`, or the v1 parameter `resource`. Undefined: 500011. */
export function resourceNamed(
  identifier: string,
  tenantId: string,
  { tenants, own, life }: ResourceNeeds,
): Resource | undefined {
  const key = withoutSlash(identifier).toLowerCase();
  if (key === registryAudience && lacksRegistryService(tenantId, tenants, life)) return undefined;
  if (key in microsoft) return resource(identifier, microsoft[key]);
  if (key === own.graphUrl) return resource(identifier, graphAppId);
  if (key === own.armUrl || key === own.vaultUrl) return resource(identifier);
  const application = tenants
    .applications()
    .find(({ appId, identifierUris }) => appId === key || identifierUris.some((uri) => uri.toLowerCase() === key));
  if (!application || !tenants.principalByAppId(tenantId, application.appId)) return undefined;
  const isVersion2 = application.requestedAccessTokenVersion === 2;
  return {
    audience: isVersion2 ? application.appId : identifier,
    appId: application.appId,
    tokenVersion: isVersion2 ? 2 : 1,
  };
}

/** A tenant that never had a registry may lack the registry service's principal, until somebody makes it. */
function lacksRegistryService(tenantId: string, tenants: Tenants, life: Life): boolean {
  if (tenants.isSpared(tenantId) || tenants.principalByAppId(tenantId, registryServiceAppId)) return false;
  if (!life.struckBy("registryServiceAbsent", tenantId)) return false;
  life.strike("registryServiceAbsent");
  return true;
}

function resource(audience: string, appId?: string): Resource {
  return { audience, tokenVersion: 1, ...(appId && { appId }) };
}

export function withoutSlash(text: string): string {
  return text.endsWith("/") ? text.slice(0, -1) : text;
}
