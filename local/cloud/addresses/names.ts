import { requireOne, type Estate } from "../estates/estate.ts";

/** The host each service has in the public cloud, by the service's name. Lower-case. */
export function publicNames(estate: Estate): ReadonlyMap<string, string> {
  const vault = requireOne(estate.vaults, "vault");
  return new Map([
    ["entra", "login.microsoftonline.com"],
    ["graph", "graph.microsoft.com"],
    ["arm", "management.azure.com"],
    ["vault", `${vault.name.toLowerCase()}.vault.azure.net`],
    ...estate.registries.map(({ name }) => [`registry:${name}`, `${name.toLowerCase()}.azurecr.io`] as const),
  ]);
}
