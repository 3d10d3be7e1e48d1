import type { Registry } from "../acr/store.ts";
import type { Service } from "../kit/contract.ts";
import { networkDenied, registryError } from "./errors.ts";
import { listRoutes } from "./listRoutes.ts";
import type { RegistryModel } from "./model.ts";
import { contentRoutes } from "./routes.ts";
import { pushRoutes } from "./pushRoutes.ts";
import { tokenRoutes } from "./tokenRoutes.ts";

/** One registry's endpoint as a service named `registry:<name>`. */
export function registryService(name: string, registry: () => Registry, model: RegistryModel): Service {
  return {
    name: `registry:${name}`,
    routes: [
      ...contentRoutes(model),
      ...listRoutes(model, () => registry().createdAt),
      ...pushRoutes(model),
      ...tokenRoutes(model),
    ],
    bodyLimitInBytes: 32 * 1024 * 1024, // A layer in one piece; ACR itself takes far larger ones.
    about: () => ({ tenantId: registry().tenantId, resource: registry().id }),
    authenticate: async (call) => (model.isOpen() ? call : networkDenied()),
    unknown: (call) =>
      model.isOpen()
        ? registryError(404, "UNSUPPORTED", `The operation ${call.method} ${call.url.pathname} is unsupported.`)
        : networkDenied(),
    broken: () => registryError(500, "UNKNOWN", "unknown error"),
  };
}
