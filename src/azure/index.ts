import type { Azure } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import { connectClusters } from "./clusters.ts";
import { connectCredentials, type OurIdentity } from "./credentials.ts";
import { connectDirectory } from "./directory.ts";
import { connectEntra } from "./entra.ts";
import { connectPulls } from "./pulls.ts";
import { connectRegistries } from "./registries.ts";
import { connectRoles } from "./roles.ts";
import { connectVault } from "./vault.ts";

/** What the adapters need to know; the whole configuration has it. */
export type AzureConfig = {
  readonly cloud: Cloud;
  readonly credential: OurIdentity;
  readonly vaultUrl: string;
};

/** Adapters over the real SDKs. Costs nothing: packages are loaded, and clients made, when first used. */
export function connectAzure({ cloud, credential, vaultUrl }: AzureConfig): Azure {
  const credentials = connectCredentials(cloud, credential);
  return {
    entra: connectEntra(cloud, credentials),
    directory: connectDirectory(cloud, credentials),
    vault: connectVault(vaultUrl, cloud, credentials),
    clusters: connectClusters(cloud, credentials),
    registries: connectRegistries(cloud, credentials),
    roles: connectRoles(cloud, credentials),
    pulls: connectPulls(cloud),
  };
}
