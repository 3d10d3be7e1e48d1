import { requireOne, type Estate } from "../estates/estate.ts";

/** The storage account behind all registries. */
const blobsHost = "registryblobs.blob.core.windows.net";

/** The host each service has in the public cloud, by the service's name. Lower-case. */
export function publicNames(estate: Estate): ReadonlyMap<string, string> {
  const [first, ...others] = [requireOne(estate.vaults, "vault"), ...estate.vaults.slice(1)];
  return new Map([
    ["entra", "login.microsoftonline.com"],
    ["graph", "graph.microsoft.com"],
    ["arm", "management.azure.com"],
    ["vault", vaultHost(first)],
    ...others.map((vault) => [`vault:${vault.name}`, vaultHost(vault)] as const),
    ...estate.registries.map(({ name }) => [`registry:${name}`, `${name.toLowerCase()}.azurecr.io`] as const),
    ["blobs", blobsHost],
  ]);
}

function vaultHost({ name }: Estate["vaults"][number]): string {
  return `${name.toLowerCase()}.vault.azure.net`;
}
