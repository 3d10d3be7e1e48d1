import type { Registry } from "../acr/store.ts";
import type { Call, Reply, Service } from "../kit/contract.ts";
import { attributeRoutes } from "./attributeRoutes.ts";
import type { BlobRedirect } from "./blobs.ts";
import { networkDenied, registryError } from "./errors.ts";
import { listRoutes } from "./listRoutes.ts";
import type { RegistryModel } from "./model.ts";
import { contentRoutes } from "./routes.ts";
import { pushRoutes } from "./pushRoutes.ts";
import { tokenRoutes } from "./tokenRoutes.ts";

/** One registry's endpoint as a service named `registry:<name>`. */
export function registryService(
  name: string,
  registry: () => Registry,
  model: RegistryModel,
  redirect: BlobRedirect,
): Service {
  const refused = ({ address }: Call): Reply | undefined => {
    const admission = model.admission(address);
    return admission.outcome === "refused" ? networkDenied(admission.address) : undefined;
  };
  return {
    name: `registry:${name}`,
    routes: [
      ...contentRoutes(model, name, redirect),
      ...listRoutes(model, () => registry().createdAt),
      ...attributeRoutes(model, () => registry().createdAt),
      ...pushRoutes(model),
      ...tokenRoutes(model),
    ],
    bodyLimitInBytes: 32 * 1024 * 1024, // A layer in one piece; ACR itself takes far larger ones.
    about: () => ({ tenantId: registry().tenantId, resource: registry().id }),
    authenticate: async (call) => refused(call) ?? call,
    unknown: (call) =>
      refused(call) ??
      registryError(404, "UNSUPPORTED", `The operation ${call.method} ${call.url.pathname} is unsupported.`),
    broken: () => registryError(500, "UNKNOWN", "unknown error"),
  };
}
